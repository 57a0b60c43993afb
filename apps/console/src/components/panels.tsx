import type { ExplainedError } from '@ostler/sdk';
import { explainError } from '@ostler/sdk';
import { CircleAlert, Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button';

/** What a list is for, when it is empty: one sentence, one action, the same by CLI. */
export function Empty({
  title,
  text,
  action,
  command,
}: {
  title: string;
  text: string;
  action?: ReactNode;
  command?: string;
}) {
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-14 text-center">
      <h2 className="text-lg font-semibold">{title}</h2>
      <p className="text-ink-2 max-w-md text-sm">{text}</p>
      {action}
      {command && (
        <code className="bg-sunken border-line rounded border px-2 py-1 font-mono text-xs">{command}</code>
      )}
    </div>
  );
}

/** What went wrong, why, and what to do now. */
export function ErrorPanel({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const explained = isExplained(error) ? error : explainError(error);
  return (
    <div role="alert" className="bg-failed-soft border-failed/40 flex gap-3 rounded-lg border p-3 text-sm">
      <CircleAlert className="text-failed mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 grow">
        <p className="font-semibold">{explained.title}</p>
        <p className="text-ink-2 break-words">{explained.message}</p>
        {explained.help !== '' && (
          <a href={explained.help} target="_blank" rel="noreferrer" className="link">
            What this means
          </a>
        )}
        {explained.retryAfterSeconds > 0 && (
          <p className="text-ink-2">Try again in {explained.retryAfterSeconds} s.</p>
        )}
      </div>
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

function isExplained(error: unknown): error is ExplainedError {
  return typeof error === 'object' && error !== null && 'reasonName' in error && 'violations' in error;
}

/** A part that the person may not see. */
export function NotAllowed({ reason }: { reason: string }) {
  return (
    <div className="text-ink-2 flex flex-col items-center gap-2 px-6 py-14 text-center text-sm">
      <Lock className="text-ink-3 size-5" />
      <p className="max-w-md">{reason}</p>
    </div>
  );
}

/** Lines in the shape of what will come. */
export function Skeleton({ className = '' }: { className?: string }) {
  return <span aria-hidden className={`bg-hover block animate-pulse rounded ${className}`} />;
}

export function SkeletonRows({ rows = 8 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="divide-line divide-y">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex h-9 items-center gap-6 px-4">
          <Skeleton className="h-3 w-40" />
          <Skeleton className="h-3 w-24" />
          <Skeleton className="hidden h-3 w-56 md:block" />
        </div>
      ))}
    </div>
  );
}

/** A note above something: information, not an error. */
export function Note({ children }: { children: ReactNode }) {
  return <div className="bg-accent-soft rounded-md px-3 py-2 text-sm">{children}</div>;
}
