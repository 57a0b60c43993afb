import type { AuditEntry } from '@ostler/contracts';
import { methodText, outcomeHealth } from '../lib/audit';
import { AuditSubject } from './audit-subject';
import { StatusShape } from './status';
import { Time } from './time';

/** One entry of the audit in two lines. */
export function AuditLine({ entry }: { entry: AuditEntry }) {
  const { state, word } = outcomeHealth(entry);
  return (
    <li className="px-4 py-2 text-sm">
      <div className="flex items-baseline gap-2">
        <span title={word} className="translate-y-px">
          <StatusShape state={state} className="size-2.5!" />
          <span className="sr-only">{word}</span>
        </span>
        <span className="min-w-0 grow truncate font-medium [unicode-bidi:isolate]">
          <AuditSubject entry={entry} />
        </span>
        <span className="text-ink-3 text-xs">
          <Time at={entry.createdAt} />
        </span>
      </div>
      <p className="text-ink-2 truncate pl-[18px] text-xs" title={entry.message}>
        {entry.message || methodText(entry.method)} · {entry.actor}
      </p>
    </li>
  );
}
