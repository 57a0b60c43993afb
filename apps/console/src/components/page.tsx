import type { ReactNode } from 'react';

/** The one frame of a page: title, what is beside it, actions, body. */
export function Page({
  title,
  icon,
  badge,
  sub,
  actions,
  children,
  wide = true,
}: {
  title: ReactNode;
  icon?: ReactNode;
  badge?: ReactNode;
  sub?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  wide?: boolean;
}) {
  return (
    <div className={`mx-auto w-full px-4 py-5 md:px-6 ${wide ? 'max-w-[1800px]' : 'max-w-4xl'}`}>
      <header className="mb-4 flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 grow basis-64">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="flex min-w-0 items-center gap-2 text-xl font-semibold tracking-tight">
              {icon && <span className="text-ink-3 shrink-0">{icon}</span>}
              <span className="min-w-0 break-all [unicode-bidi:isolate]">{title}</span>
            </h1>
            {badge}
          </div>
          {sub && <div className="text-ink-2 mt-0.5 text-sm break-words">{sub}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A titled card. */
export function Section({
  title,
  text,
  actions,
  children,
  flush = false,
}: {
  title: string;
  text?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** No padding: the content is a table. */
  flush?: boolean;
}) {
  return (
    <section className="card mb-4 min-w-0">
      <div className="border-line flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2">
        <h2 className="text-sm font-semibold">{title}</h2>
        {text && <p className="text-ink-3 text-xs">{text}</p>}
        {actions && <div className="ml-auto flex gap-2">{actions}</div>}
      </div>
      <div className={flush ? '' : 'p-4'}>{children}</div>
    </section>
  );
}

/** Facts as pairs. */
export function Facts({ pairs }: { pairs: readonly (readonly [label: string, value: ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-sm">
      {pairs.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-ink-3">{label}</dt>
          <dd className="min-w-0 break-words [unicode-bidi:isolate]">
            {value === '' ? <span className="text-ink-3">none</span> : value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Labels({
  labels,
  oneLine = false,
}: {
  labels: Readonly<Record<string, string>>;
  oneLine?: boolean;
}) {
  const pairs = Object.entries(labels).sort(([a], [b]) => a.localeCompare(b));
  return (
    <span
      className={`flex min-w-0 gap-1 ${oneLine ? 'overflow-hidden' : 'flex-wrap'}`}
      title={pairs.map(([key, value]) => `${key}=${value}`).join(' ')}
    >
      {pairs.map(([key, value]) => (
        <span
          key={key}
          className={`bg-sunken border-line text-ink-2 rounded border px-1.5 font-mono text-2xs ${oneLine ? 'whitespace-nowrap' : 'min-w-0 break-all'}`}
        >
          {value ? `${key}=${value}` : key}
        </span>
      ))}
    </span>
  );
}
