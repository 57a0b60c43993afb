import { type ComponentProps, type ReactNode, useId } from 'react';

export interface FieldProps {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  /** Marks what may be left empty. */
  optional?: boolean;
}

/** Wires label, help and error to one control. */
export function Field({
  label,
  help,
  error,
  optional,
  children,
}: FieldProps & {
  children: (control: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }) => ReactNode;
}) {
  const id = useId();
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-xs font-medium">
        {label}
        {optional && <span className="text-ink-3 font-normal"> (optional)</span>}
      </label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      {help && (
        <p id={`${id}-help`} className="text-ink-3 mt-1 text-xs">
          {help}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-failed-text mt-1 text-xs font-medium break-words">
          {error}
        </p>
      )}
    </div>
  );
}

/** A text field; mono for what machines read. */
export function TextField({
  value,
  onChange,
  type = 'text',
  mono = false,
  rows,
  placeholder,
  disabled,
  autoComplete = 'off',
  autoFocus,
  required,
  ...field
}: FieldProps & {
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'email' | 'password' | 'url';
  mono?: boolean;
  rows?: number;
  placeholder?: string;
  disabled?: boolean;
  autoComplete?: string;
  autoFocus?: boolean;
  required?: boolean;
}) {
  const look = `input ${mono ? 'font-mono text-xs' : ''}`;
  return (
    <Field {...field}>
      {(control) =>
        rows === undefined ? (
          <input
            {...control}
            type={type}
            className={look}
            value={value}
            placeholder={placeholder}
            disabled={disabled}
            autoComplete={autoComplete}
            autoFocus={autoFocus}
            required={required}
            spellCheck={false}
            onChange={(event) => onChange(event.target.value)}
          />
        ) : (
          <textarea
            {...control}
            className={look}
            rows={rows}
            value={value}
            placeholder={placeholder}
            disabled={disabled}
            spellCheck={false}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}

/** A whole number with its unit; an empty field is 0, which means the default. */
export function NumberField({
  value,
  onChange,
  ...field
}: Omit<ComponentProps<typeof OptionalNumberField>, 'value' | 'onChange'> & {
  value: number;
  onChange: (value: number) => void;
}) {
  return (
    <OptionalNumberField
      {...field}
      value={value === 0 ? undefined : value}
      onChange={(next) => onChange(next ?? 0)}
    />
  );
}

/** A whole number with its unit that may be absent, which is another thing than 0. */
export function OptionalNumberField({
  value,
  onChange,
  unit,
  max,
  placeholder,
  ...field
}: FieldProps & {
  value: number | undefined;
  onChange: (value: number | undefined) => void;
  unit?: string;
  max?: number;
  placeholder?: string;
}) {
  return (
    <Field {...field}>
      {(control) => (
        <div className="relative">
          <input
            {...control}
            type="number"
            min={0}
            max={max}
            step={1}
            inputMode="numeric"
            className={`input ${unit ? 'pr-16' : ''}`}
            value={value ?? ''}
            placeholder={placeholder}
            onChange={({ target }) => onChange(target.value === '' ? undefined : wholeNumber(target.value))}
          />
          {unit && (
            <span className="text-ink-3 pointer-events-none absolute top-1.5 right-3 text-xs">{unit}</span>
          )}
        </div>
      )}
    </Field>
  );
}

function wholeNumber(text: string): number {
  const number = Math.trunc(Number(text));
  return Number.isFinite(number) && number > 0 ? number : 0;
}

export interface Option<Value> {
  readonly value: Value;
  readonly label: string;
}

/** One of few: the platform's own list, which every keyboard and screen reader knows. */
export function SelectField<Value extends string | number>({
  value,
  onChange,
  options,
  ...field
}: FieldProps & { value: Value; onChange: (value: Value) => void; options: readonly Option<Value>[] }) {
  return (
    <Field {...field}>
      {(control) => (
        <select
          {...control}
          className="input"
          value={String(value)}
          onChange={(event) => {
            const chosen = options.find((option) => String(option.value) === event.target.value);
            if (chosen) onChange(chosen.value);
          }}
        >
          {options.map((option) => (
            <option key={String(option.value)} value={String(option.value)}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Yes or no. */
export function CheckField({
  label,
  help,
  error,
  checked,
  onChange,
}: FieldProps & { checked: boolean; onChange: (checked: boolean) => void }) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        aria-describedby={help ? `${id}-help` : undefined}
        onChange={(event) => onChange(event.target.checked)}
        className="accent-accent mt-0.5 size-4 shrink-0"
      />
      <div className="min-w-0">
        <label htmlFor={id} className="text-sm">
          {label}
        </label>
        {help && (
          <p id={`${id}-help`} className="text-ink-3 text-xs">
            {help}
          </p>
        )}
        {error && (
          <p role="alert" className="text-failed-text text-xs font-medium">
            {error}
          </p>
        )}
      </div>
    </div>
  );
}
