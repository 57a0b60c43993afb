import type { Health, HealthState } from '../lib/health';

/** The five shapes; each is told apart without colour. */
export function StatusShape({ state, className = '' }: { state: HealthState; className?: string }) {
  const box = `size-3 shrink-0 ${className}`;
  switch (state) {
    case 'ready':
      return (
        <svg viewBox="0 0 12 12" className={`${box} text-ready`} aria-hidden>
          <circle cx="6" cy="6" r="5" fill="currentColor" />
        </svg>
      );
    case 'progressing':
      return (
        <svg viewBox="0 0 12 12" className={`${box} text-progressing animate-spin-slow`} aria-hidden>
          <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" strokeWidth="2" opacity="0.3" />
          <path
            d="M6 1.5A4.5 4.5 0 0 1 10.5 6"
            fill="none"
            stroke="currentColor"
            strokeWidth="2"
            strokeLinecap="round"
          />
        </svg>
      );
    case 'degraded':
      return (
        <svg viewBox="0 0 12 12" className={`${box} text-degraded`} aria-hidden>
          <path d="M6 .8 11.6 11H.4Z" fill="currentColor" />
        </svg>
      );
    case 'failed':
      return (
        <svg viewBox="0 0 12 12" className={`${box} text-failed`} aria-hidden>
          <rect x="1" y="1" width="10" height="10" rx="1.5" fill="currentColor" />
        </svg>
      );
    case 'unknown':
      return (
        <svg viewBox="0 0 12 12" className={`${box} text-unknown`} aria-hidden>
          <circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" strokeWidth="1.6" />
        </svg>
      );
  }
}

/** Shape and word. */
export function StatusText({ health }: { health: Pick<Health, 'state' | 'word'> }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" data-health={health.state}>
      <StatusShape state={health.state} />
      <span>{health.word}</span>
    </span>
  );
}

const badges: Readonly<Record<HealthState, string>> = {
  ready: 'bg-ready-soft text-ready-text',
  progressing: 'bg-progressing-soft text-progressing-text',
  degraded: 'bg-degraded-soft text-degraded-text',
  failed: 'bg-failed-soft text-failed-text',
  unknown: 'bg-unknown-soft text-ink-2',
};

/** Shape and word on the state's ground; for the head of a page. */
export function StatusBadge({ health }: { health: Pick<Health, 'state' | 'word'> }) {
  return (
    <span
      data-health={health.state}
      className={`inline-flex h-6 items-center gap-1.5 rounded-full px-2.5 text-xs font-semibold whitespace-nowrap ${badges[health.state]}`}
    >
      <StatusShape state={health.state} />
      {health.word}
    </span>
  );
}
