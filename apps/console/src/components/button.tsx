import { Link, type LinkProps } from '@tanstack/react-router';
import { Slot } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { Hint } from './hint';

export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger';

const looks: Readonly<Record<ButtonLook, string>> = {
  primary: 'bg-accent text-accent-ink border-transparent hover:bg-accent-hover',
  plain: 'bg-surface text-ink border-line-strong hover:bg-hover',
  quiet: 'bg-transparent text-ink-2 border-transparent hover:bg-hover hover:text-ink',
  danger: 'bg-surface text-failed-text border-line-strong hover:bg-failed-soft hover:border-failed',
};

const base =
  'inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md border px-3 text-sm font-medium whitespace-nowrap transition-colors duration-100 select-none';
const off = 'opacity-55 hover:bg-inherit';

export interface ButtonProps extends ComponentProps<'button'> {
  look?: ButtonLook;
  /** Why it cannot be used now; it stays in place and in reach, and says so. */
  refusal?: string | undefined;
  busy?: boolean;
  asChild?: boolean;
}

export function Button({ look = 'plain', refusal, busy, asChild, className = '', ...props }: ButtonProps) {
  const Part = asChild ? Slot.Root : 'button';
  const idle = refusal !== undefined || busy === true;
  const button = (
    <Part
      type={asChild ? undefined : 'button'}
      {...props}
      aria-disabled={idle || undefined}
      aria-busy={busy || undefined}
      onClick={idle ? (event) => event.preventDefault() : props.onClick}
      className={`${base} ${looks[look]} ${idle ? off : ''} ${className}`}
    />
  );
  // Around it also while there is nothing to say: otherwise it would be another button, without the focus.
  return <Hint text={refusal}>{button}</Hint>;
}

/** A link that looks like a button. */
export function ButtonLink({
  look = 'plain',
  refusal,
  children,
  ...link
}: LinkProps & { look?: ButtonLook; refusal?: string | undefined; children: ReactNode }) {
  if (refusal !== undefined) {
    return (
      <Button look={look} refusal={refusal}>
        {children}
      </Button>
    );
  }
  return (
    <Link {...link} className={`${base} ${looks[look]}`}>
      {children}
    </Link>
  );
}

export function IconButton({ label, className = '', ...props }: ButtonProps & { label: string }) {
  return (
    <Hint text={props.refusal ?? label}>
      <button
        type="button"
        {...props}
        aria-label={label}
        aria-disabled={props.refusal !== undefined || undefined}
        onClick={props.refusal === undefined ? props.onClick : undefined}
        className={`text-ink-2 hover:bg-hover hover:text-ink inline-flex size-8 shrink-0 items-center justify-center rounded-md ${className}`}
      />
    </Hint>
  );
}
