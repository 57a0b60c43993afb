import { type Secret, SecretSchema } from '@ostler/contracts';
import { create } from '@bufbuild/protobuf';
import { type ComponentProps, useState } from 'react';
import { bytesText, parseBytes } from '../../lib/amounts';
import { formatLabels, parseLabels } from '../../lib/labels';
import { CheckField, NumberField, SelectField, TextField } from '../field';
import { useFieldError } from './errors';

/** The fields of a form, each with the error of its path. */
type Bound<Props> = Omit<Props, 'error'> & { path: string };

export function BoundText({ path, ...props }: Bound<ComponentProps<typeof TextField>>) {
  return <TextField {...props} error={useFieldError(path)} />;
}

export function BoundNumber({ path, ...props }: Bound<ComponentProps<typeof NumberField>>) {
  return <NumberField {...props} error={useFieldError(path)} />;
}

export function BoundCheck({ path, ...props }: Bound<ComponentProps<typeof CheckField>>) {
  return <CheckField {...props} error={useFieldError(path)} />;
}

export function BoundSelect<Value extends string | number>({
  path,
  ...props
}: Bound<ComponentProps<typeof SelectField<Value>>>) {
  return <SelectField {...props} error={useFieldError(path)} />;
}

/** Labels as `env=prod zone=fra`; the text stays as typed while it means the same. */
export function BoundLabels({
  value,
  onChange,
  path,
  ...props
}: Omit<Bound<ComponentProps<typeof TextField>>, 'value' | 'onChange'> & {
  value: Readonly<Record<string, string>>;
  onChange: (labels: Record<string, string>) => void;
}) {
  const [typed, setTyped] = useState(() => formatLabels(value));
  const text = formatLabels(parseLabels(typed)) === formatLabels(value) ? typed : formatLabels(value);
  const change = (next: string): void => {
    setTyped(next);
    onChange(parseLabels(next));
  };
  return (
    <TextField
      mono
      placeholder="env=prod zone=fra"
      {...props}
      value={text}
      onChange={change}
      error={useFieldError(path)}
    />
  );
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
