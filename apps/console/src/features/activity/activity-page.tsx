import { type AuditEntry, ErrorReason, Permission } from '@ostler/contracts';
import { useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useRefusal } from '../../api/session';
import { AuditSubject } from '../../components/audit-subject';
import { Button } from '../../components/button';
import { type Column, DataTable } from '../../components/data-table';
import { Page } from '../../components/page';
import { Empty, ErrorPanel, NotAllowed, SkeletonRows } from '../../components/panels';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import type { ActivitySearch } from '../../lib/activity-search';
import { methodText, outcomeHealth } from '../../lib/audit';
import { ActivityFilters } from './activity-filters';
import { useActivity } from './use-activity';

const EntryDialog = lazy(() =>
  import('./entry-dialog').then(({ EntryDialog: component }) => ({ default: component })),
);

const columns: readonly Column<AuditEntry>[] = [
  { id: 'when', header: 'When', width: '6.5rem', cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    id: 'outcome',
    header: 'Outcome',
    width: '6.5rem',
    cell: (entry) => <StatusText health={outcomeHealth(entry)} />,
  },
  {
    id: 'subject',
    header: 'About',
    width: 'minmax(9rem,1.5fr)',
    cell: (entry) => <AuditSubject entry={entry} />,
  },
  {
    id: 'method',
    header: 'Call',
    width: 'minmax(8rem,1fr)',
    from: 'xl',
    cell: ({ method }) => <span title={method}>{methodText(method)}</span>,
  },
  {
    id: 'message',
    header: 'What',
    width: 'minmax(10rem,2.5fr)',
    cell: ({ message }) => <span title={message}>{message}</span>,
  },
  {
    id: 'reason',
    header: 'Reason',
    width: '8rem',
    from: '2xl',
    cell: ({ reason }) => (reason ? ErrorReason[reason] : ''),
  },
  { id: 'actor', header: 'By', width: 'minmax(8rem,1.2fr)', from: 'lg', cell: ({ actor }) => actor },
  { id: 'address', header: 'From', width: '8rem', from: '2xl', cell: ({ address }) => address },
];

/** Every change, and every call that was denied or refused. */
export function ActivityPage() {
  const refusal = useRefusal(Permission.AUDIT_READ);
  return (
    <Page
      title="Activity"
      sub="Every change and every refused change, kept for good. Open one to see what it changed."
    >
      <div className="card">{refusal === undefined ? <ActivityList /> : <NotAllowed reason={refusal} />}</div>
    </Page>
  );
}

function ActivityList() {
  const search = useSearch({ from: '/activity' });
  const navigate = useNavigate({ from: '/activity' });
  const list = useActivity(search);
  const entries = list.data?.pages.flatMap((page) => page.entries) ?? [];
  const put = (next: ActivitySearch): void => void navigate({ search: next, replace: true });
  return (
    <>
      <ActivityFilters search={search} onSearch={put} />
      {list.isPending && <SkeletonRows />}
      {list.isError && (
        <div className="p-3">
          <ErrorPanel error={list.error} onRetry={() => void list.refetch()} />
        </div>
      )}
      {list.isSuccess && entries.length === 0 && (
        <Empty
          title="Nothing here"
          text="No entry matches, or nothing has been changed yet."
          command="ostler audit"
        />
      )}
      {entries.length > 0 && (
        <DataTable
          label="Activity"
          columns={columns}
          rows={entries}
          keyOf={({ uid }) => uid}
          linkOf={({ uid }) => ({ to: '.', search: true, hash: uid, resetScroll: false })}
        />
      )}
      {list.hasNextPage && (
        <div className="border-line border-t p-2 text-center">
          <Button look="quiet" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show older entries
          </Button>
        </div>
      )}
      <OpenEntry entries={entries} />
    </>
  );
}

/** The entry that the address names after its #. */
function OpenEntry({ entries }: { entries: readonly AuditEntry[] }) {
  const { hash } = useLocation();
  const navigate = useNavigate();
  const entry = hash === '' ? undefined : entries.find(({ uid }) => uid === hash);
  if (!entry) return null;
  const close = (): void =>
    void navigate({ to: '.', search: true, hash: '', replace: true, resetScroll: false });
  return (
    <Suspense fallback={null}>
      <EntryDialog entry={entry} onClose={close} />
    </Suspense>
  );
}
