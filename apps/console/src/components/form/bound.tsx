import { type Secret, SecretSchema } from '@ostler/contracts';
import { create } from '@bufbuild/protobuf';
import { type ComponentProps, useState } from 'react';
import { bytesText, parseBytes } from '../../lib/amounts';
import { formatLabels, parseLabels } from '../../lib/labels';
import { CheckField, NumberField, OptionalNumberField, SelectField, TextField } from '../field';
import { useFieldError, useFieldErrors } from './errors';

/** The fields of a form, each with the error of its path. */
type Bound<Props> = Omit<Props, 'error'> & {
  path: string;
  /** A path without a field of its own, whose error is told here: the message around the field. */
  also?: string;
};

/** What is wrong with the field itself, or else with what it stands for. */
function useOwnError(path: string, also = ''): string | undefined {
  const own = useErrorsAt(path);
  const around = useFieldError(also);
  return own ?? around;
}

export function BoundText({ path, also, ...props }: Bound<ComponentProps<typeof TextField>>) {
  return <TextField {...props} error={useOwnError(path, also)} />;
}

export function BoundNumber({ path, ...props }: Bound<ComponentProps<typeof NumberField>>) {
  return <NumberField {...props} error={useFieldError(path)} />;
}

export function BoundCheck({ path, ...props }: Bound<ComponentProps<typeof CheckField>>) {
  return <CheckField {...props} error={useFieldError(path)} />;
}

export function BoundSelect<Value extends string | number>({
  path,
  also,
  ...props
}: Bound<ComponentProps<typeof SelectField<Value>>>) {
  return <SelectField {...props} error={useOwnError(path, also)} />;
}

/**
 * A text that stands for something else. What was typed stays while it means the same: half a word and a
 * space at the end are on the way to something.
 */
function useTyped<Value>(
  value: Value,
  format: (value: Value) => string,
  parse: (text: string) => Value,
  onChange: (value: Value) => void,
): [text: string, change: (next: string) => void] {
  const [typed, setTyped] = useState(() => format(value));
  const text = format(parse(typed)) === format(value) ? typed : format(value);
  const change = (next: string): void => {
    setTyped(next);
    onChange(parse(next));
  };
  return [text, change];
}

/** Labels as `env=prod zone=fra`. */
export function BoundLabels({
  value,
  onChange,
  path,
  also,
  ...props
}: Omit<Bound<ComponentProps<typeof TextField>>, 'value' | 'onChange'> & {
  value: Readonly<Record<string, string>>;
  onChange: (labels: Record<string, string>) => void;
}) {
  const [text, change] = useTyped<Record<string, string>>(value, formatLabels, parseLabels, onChange);
  const error = useOwnError(path, also);
  return (
    <TextField mono placeholder="env=prod zone=fra" {...props} value={text} onChange={change} error={error} />
  );
}

const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);
const textOfWords = (words: readonly string[]): string => words.join(' ');

/** Several short words in one line: `index.html index.htm`. */
export function BoundWords({
  value,
  onChange,
  path,
  ...props
}: Omit<Bound<ComponentProps<typeof TextField>>, 'value' | 'onChange'> & {
  value: readonly string[];
  onChange: (words: string[]) => void;
}) {
  const [text, change] = useTyped<readonly string[]>(value, textOfWords, wordsOf, (words) =>
    onChange([...words]),
  );
  return <TextField mono {...props} value={text} onChange={change} error={useErrorsAt(path)} />;
}

/** What is wrong with a field, or with a part of it that has no field of its own. */
function useErrorsAt(path: string): string | undefined {
  const errors = useFieldErrors();
  const found = [...errors].filter(([at]) => at === path || at.startsWith(`${path}[`));
  return found.length === 0 ? undefined : found.map(([, text]) => text).join(' ');
}

/** A whole number that may be absent, which is another thing than 0. */
export function BoundOptionalNumber({ path, ...props }: Bound<ComponentProps<typeof OptionalNumberField>>) {
  return <OptionalNumberField {...props} error={useFieldError(path)} />;
}

/** An amount of bytes as people write it: "16 MiB". */
export function BoundBytes({
  value,
  onChange,
  path,
  ...props
}: Omit<Bound<ComponentProps<typeof TextField>>, 'value' | 'onChange'> & {
  value: bigint;
  onChange: (bytes: bigint) => void;
}) {
  const [typed, setTyped] = useState(() => (value === 0n ? '' : exactBytes(value)));
  const error = useFieldError(path);
  const change = (next: string): void => {
    setTyped(next);
    const bytes = parseBytes(next);
    if (bytes !== undefined) onChange(bytes);
  };
  const unread = parseBytes(typed) === undefined ? 'Write a number and a unit, like 16 MiB.' : undefined;
  return <TextField {...props} value={typed} onChange={change} error={unread ?? error} />;
}

/** In a unit only when nothing is lost. */
function exactBytes(bytes: bigint): string {
  const text = bytesText(bytes);
  return parseBytes(text) === bytes ? text : `${bytes} B`;
}

/** A secret that is never shown: empty keeps what is stored. */
export function BoundSecret({
  value,
  onChange,
  path,
  ...props
}: Omit<Bound<ComponentProps<typeof TextField>>, 'value' | 'onChange'> & {
  value: Secret | undefined;
  onChange: (secret: Secret) => void;
}) {
  const inside = useFieldError(`${path}.value`);
  const whole = useFieldError(path);
  const stored = (value?.version ?? 0) > 0;
  return (
    <TextField
      type="password"
      autoComplete="new-password"
      {...props}
      placeholder={stored ? 'keeps what is stored' : props.placeholder}
      value={value?.value ?? ''}
      onChange={(text) => onChange({ ...(value ?? create(SecretSchema)), value: text })}
      error={inside ?? whole}
    />
  );
}
