import {
  type AuditEntry,
  AuditEntry_Outcome as Outcome,
  ErrorReason,
  Kind,
  Permission,
} from '@ostler/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { useLiveData } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { type Column, DataTable } from '../../components/data-table';
import { SelectField, TextField } from '../../components/field';
import { Page } from '../../components/page';
import { Empty, ErrorPanel, NotAllowed, SkeletonRows } from '../../components/panels';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { methodText, outcomeHealth } from '../../lib/audit';
import { resourceLink } from '../../lib/kinds';

const PAGE_SIZE = 100;

const outcomes = [
  { value: Outcome.UNSPECIFIED, label: 'Every outcome' },
  { value: Outcome.DONE, label: 'Done' },
  { value: Outcome.REFUSED, label: 'Refused' },
  { value: Outcome.DENIED, label: 'Denied' },
];

const columns: readonly Column<AuditEntry>[] = [
  { id: 'when', header: 'When', width: '6.5rem', cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    id: 'outcome',
    header: 'Outcome',
    width: '6.5rem',
    cell: (entry) => <StatusText health={outcomeHealth(entry)} />,
  },
  { id: 'subject', header: 'About', width: 'minmax(9rem,1.5fr)', cell: (entry) => <Subject entry={entry} /> },
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

/** Leads to the resource, or to the history of one that is gone, whoever has its name now. */
function Subject({ entry }: { entry: AuditEntry }) {
  const { resources } = useLiveData();
  const [, word, name] = /^(Site|Certificate) (\S+)$/.exec(entry.subject) ?? [];
  if (entry.resourceUid === '' || name === undefined) return entry.subject;
  const kind = word === 'Certificate' ? Kind.CERTIFICATE : Kind.SITE;
  const at = resources.has(entry.resourceUid) ? name : entry.resourceUid;
  return (
    <Link {...resourceLink(kind, at)} className="hover:underline">
      {entry.subject}
    </Link>
  );
}

/** Every change, and every call that was denied or refused. */
export function ActivityPage() {
  const refusal = useRefusal(Permission.AUDIT_READ);
  return (
    <Page title="Activity" sub="Every change and every refused change, kept for good.">
      <div className="card">{refusal === undefined ? <ActivityList /> : <NotAllowed reason={refusal} />}</div>
    </Page>
  );
}

function ActivityList() {
  const ostler = useOstler();
  const [subject, setSubject] = useState('');
  const [actor, setActor] = useState('');
  const [outcome, setOutcome] = useState(Outcome.UNSPECIFIED);
  const filter = useDeferredValue({ subject, actor, outcome });
  const newest = useLiveData().audit[0]?.uid;
  const list = useInfiniteQuery({
    queryKey: ['audit', filter, newest],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      ostler.audit.list({ ...filter, pageSize: PAGE_SIZE, pageToken: pageParam }, { signal }),
    getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined,
    placeholderData: (before) => before,
  });
  const entries = list.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <div className="border-line grid gap-3 border-b p-3 sm:grid-cols-3">
        <TextField
          label="About"
          placeholder="part of a site, server or person"
          value={subject}
          onChange={setSubject}
        />
        <TextField label="By" placeholder="an e-mail or a token's name" value={actor} onChange={setActor} />
        <SelectField label="Outcome" value={outcome} onChange={setOutcome} options={outcomes} />
      </div>
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
        <DataTable label="Activity" columns={columns} rows={entries} keyOf={({ uid }) => uid} />
      )}
      {list.hasNextPage && (
        <div className="border-line border-t p-2 text-center">
          <Button look="quiet" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show older entries
          </Button>
        </div>
      )}
    </>
  );
}
