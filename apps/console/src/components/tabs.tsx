import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';

export interface Tab {
  readonly key: string;
  readonly label: string;
  readonly count?: number;
}

/** Tabs that live in the URL, as links. */
export function TabLinks({ tabs, active, label }: { tabs: readonly Tab[]; active: string; label: string }) {
  return (
    <nav aria-label={label} className="border-line mb-4 flex gap-1 overflow-x-auto border-b">
      {tabs.map(({ key, label: text, count }) => (
        <Link
          key={key}
          {...tabTarget(key)}
          aria-current={key === active ? 'page' : undefined}
          className={`-mb-px flex h-9 items-center gap-1.5 border-b-2 px-3 text-sm font-medium whitespace-nowrap ${
            key === active ? 'border-accent text-ink' : 'text-ink-2 hover:text-ink border-transparent'
          }`}
        >
          {text}
          {count !== undefined && <Count>{count}</Count>}
        </Link>
      ))}
    </nav>
  );
}

/** The same page with another tab. */
function tabTarget(tab: string): LinkProps {
  return {
    to: '.',
    search: (previous: Record<string, unknown>) => ({ ...previous, tab }),
    replace: true,
  } as LinkProps;
}

export function Count({ children }: { children: ReactNode }) {
  return <span className="bg-hover text-ink-2 rounded px-1.5 text-2xs font-semibold">{children}</span>;
}
