import { Permission, type Resource, type Server } from '@ostler/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useLiveData, useOperations } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Empty, ErrorPanel, SkeletonRows } from '../../components/panels';
import { StatusShape } from '../../components/status';
import { Time } from '../../components/time';
import { dayText, millisOf } from '../../lib/time';
import { type HistoryEvent, type HistoryKind, serverHistory } from './server-history';

const PAGE_SIZE = 200;

const kinds: readonly { readonly kind: HistoryKind; readonly label: string }[] = [
  { kind: 'change', label: 'Changes' },
  { kind: 'operation', label: 'Operations' },
  { kind: 'state', label: 'States' },
];

/** What happened on a server, newest first, by day. */
export function ServerTimeline({ server, placed }: { server: Server; placed: readonly Resource[] }) {
  const refusal = useRefusal(Permission.AUDIT_READ);
  const [only, setOnly] = useState<HistoryKind>();
  const { events, isPending, error, retry } = useHistory(server, placed, refusal === undefined);
  const shown = only ? events.filter(({ kind }) => kind === only) : events;
  return (
    <>
      <div role="group" aria-label="What to show" className="mb-3 flex flex-wrap items-center gap-1">
        {kinds.map(({ kind, label }) => (
          <button
            key={kind}
            type="button"
            aria-pressed={only === kind}
            onClick={() => setOnly(only === kind ? undefined : kind)}
            className={`h-7 rounded-full border px-2.5 text-xs ${only === kind ? 'border-accent bg-accent-soft text-ink font-semibold' : 'border-line text-ink-2 hover:bg-hover'}`}
          >
            {label} <span className="text-ink-3">{events.filter((one) => one.kind === kind).length}</span>
          </button>
        ))}
        {refusal === undefined && (
          <Link to="/activity" search={{ about: `Server ${server.name}` }} className="link ml-auto text-xs">
            All activity
          </Link>
        )}
      </div>
      {refusal !== undefined && <p className="text-ink-2 mb-3 text-sm">Changes are left out. {refusal}</p>}
      {error !== null && <ErrorPanel error={error} onRetry={retry} />}
      {isPending && <SkeletonRows rows={5} />}
      {!isPending && shown.length === 0 && (
        <Empty
          title="Nothing of this kind yet"
          text="Changes, operations and states appear here as they happen."
        />
      )}
      {[...Map.groupBy(shown, ({ at }) => dayText(millisOf(at) ?? 0))].map(([day, ofDay]) => (
        <section key={day} aria-label={day} className="mb-4">
          <h2 className="text-ink-3 mb-1 text-xs font-medium">{day}</h2>
          <ol className="card divide-line divide-y">
            {ofDay.map((event) => (
              <EventRow key={`${event.kind} ${event.key}`} event={event} />
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}

/** What the page knows is read from the control plane once more when something happens. */
function useHistory(server: Server, placed: readonly Resource[], mayReadAudit: boolean) {
  const ostler = useOstler();
  const newest = useLiveData().audit[0]?.uid;
  const live = useOperations();
  const audit = useQuery({
    queryKey: ['audit', 'server', server.name, newest],
    enabled: mayReadAudit,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      ostler.audit.list({ subject: `Server ${server.name}`, pageSize: PAGE_SIZE }, { signal }),
  });
  const older = useQuery({
    queryKey: ['operations', 'server', server.name],
    queryFn: ({ signal }) => ostler.operations.list({ server: server.name, pageSize: PAGE_SIZE }, { signal }),
  });
  const operations = useMemo(() => {
    const all = [...(older.data?.operations ?? []), ...live.filter((one) => one.serverUid === server.uid)];
    return [...new Map(all.map((one) => [one.uid, one])).values()];
  }, [older.data, live, server.uid]);
  const entries = audit.data?.entries;
  return {
    events: useMemo(
      () => serverHistory(server, placed, operations, entries ?? []),
      [server, placed, operations, entries],
    ),
    isPending: (mayReadAudit && audit.isPending) || older.isPending,
    error: audit.error ?? older.error,
    retry: () => void Promise.all([audit.refetch(), older.refetch()]),
  };
}

function EventRow({ event: { at, state, word, title, text, link } }: { event: HistoryEvent }) {
  return (
    <li className="hover:bg-hover relative grid grid-cols-[auto_minmax(0,1fr)_auto] items-baseline gap-x-3 px-4 py-2 text-sm">
      <StatusShape state={state} className="translate-y-0.5" />
      <span className="min-w-0 break-words [unicode-bidi:isolate]">
        {link ? (
          <Link {...link} className="font-medium after:absolute after:inset-0 hover:underline">
            {title}
          </Link>
        ) : (
          <span className="font-medium">{title}</span>
        )}{' '}
        <span className="text-ink-2">{word.toLowerCase()}</span>
      </span>
      <span className="text-ink-3 text-xs">
        <Time at={at} />
      </span>
      {text !== '' && <p className="text-ink-2 col-start-2 line-clamp-2 text-xs break-words">{text}</p>}
    </li>
  );
}
