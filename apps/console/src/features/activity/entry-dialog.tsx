import { type AuditEntry, ErrorReason } from '@ostler/contracts';
import { AuditSubject } from '../../components/audit-subject';
import { CopyText } from '../../components/copy';
import { Dialog } from '../../components/dialog';
import { Facts } from '../../components/page';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { methodText, outcomeHealth } from '../../lib/audit';
import { EntryChange } from './entry-change';

/** One entry whole: who did what, and what it changed. */
export function EntryDialog({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const reason = entry.reason ? ErrorReason[entry.reason] : undefined;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={entry.subject || methodText(entry.method)}
      text={entry.message}
    >
      <Facts
        pairs={[
          ['Outcome', <StatusText key="outcome" health={outcomeHealth(entry)} />],
          ...(reason ? [['Reason', reason] as const] : []),
          ['When', <Time key="when" at={entry.createdAt} />],
          ['By', entry.actor],
          ['From', entry.address],
          ['About', <AuditSubject key="about" entry={entry} />],
          [
            'Call',
            <code key="call" className="font-mono text-xs break-all">
              {entry.method}
            </code>,
          ],
          ['Request', entry.requestId === '' ? '' : <CopyText key="request" text={entry.requestId} />],
          ...(entry.generation > 0n ? [['Generation', String(entry.generation)] as const] : []),
        ]}
      />
      <EntryChange entry={entry} />
    </Dialog>
  );
}
