import { Permission, type Resource } from '@ostler/contracts';
import { useQuery } from '@tanstack/react-query';
import { useOstler } from '../api/ostler';
import { useRefusal } from '../api/session';
import { nameOf } from '../lib/kinds';
import { AuditLine } from './audit-line';
import { Empty, ErrorPanel, NotAllowed, SkeletonRows } from './panels';

/** What was done to one resource, newest first. */
export function ResourceActivity({ resource }: { resource: Resource }) {
  const ostler = useOstler();
  const refusal = useRefusal(Permission.AUDIT_READ);
  const entries = useQuery({
    queryKey: ['audit', resource.meta?.uid, String(resource.meta?.generation)],
    enabled: refusal === undefined,
    queryFn: ({ signal }) => ostler.audit.list({ subject: nameOf(resource), pageSize: 100 }, { signal }),
  });
  if (refusal !== undefined) return <NotAllowed reason={refusal} />;
  if (entries.isPending) return <SkeletonRows rows={4} />;
  if (entries.isError) return <ErrorPanel error={entries.error} onRetry={() => void entries.refetch()} />;
  const own = entries.data.entries.filter(
    ({ resourceUid }) => resourceUid === '' || resourceUid === resource.meta?.uid,
  );
  if (own.length === 0)
    return <Empty title="No activity" text="Every change and every refused change is kept here." />;
  return (
    <ul className="card divide-line divide-y">
      {own.map((entry) => (
        <AuditLine key={entry.uid} entry={entry} />
      ))}
    </ul>
  );
}
