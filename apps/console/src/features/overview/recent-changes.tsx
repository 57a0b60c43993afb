import { LiveWatchRequest_Topic, Permission } from '@ostler/contracts';
import { useLiveData } from '../../api/live';
import { useRefusal } from '../../api/session';
import { AuditLine } from '../../components/audit-line';
import { NotAllowed } from '../../components/panels';

const MOST_SHOWN = 14;

export function RecentChanges() {
  const { audit, leftOut } = useLiveData();
  const refusal = useRefusal(Permission.AUDIT_READ);
  if (refusal !== undefined || leftOut.has(LiveWatchRequest_Topic.AUDIT)) {
    return <NotAllowed reason={refusal ?? 'Your role does not allow reading the activity.'} />;
  }
  if (audit.length === 0) return <p className="text-ink-2 px-4 py-6 text-sm">Nothing has changed yet.</p>;
  return (
    <ul className="divide-line divide-y">
      {audit.slice(0, MOST_SHOWN).map((entry) => (
        <AuditLine key={entry.uid} entry={entry} />
      ))}
    </ul>
  );
}
