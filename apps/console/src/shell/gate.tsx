import type { ReactNode } from 'react';

/** The frame of what is shown before the shell. */
export function Gate({ children, busy = false }: { children?: ReactNode; busy?: boolean }) {
  return (
    <main className="flex min-h-screen flex-col items-center justify-center p-4" aria-busy={busy}>
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center justify-center gap-2.5">
          <Mark className="size-8" />
          <span className="text-xl font-semibold tracking-tight">Ostler</span>
        </div>
        {children}
      </div>
    </main>
  );
}

export function Mark({ className }: { className: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden>
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M9.5 7.5v9.2a6.5 6.5 0 0 0 13 0V7.5"
        fill="none"
        stroke="var(--accent-ink)"
        strokeWidth="3.6"
        strokeLinecap="round"
      />
      <circle cx="16" cy="25.6" r="1.7" fill="var(--accent-ink)" />
    </svg>
  );
}
