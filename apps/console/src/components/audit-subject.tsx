import type { AuditEntry } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { useLivePart } from '../api/live';
import { methodText } from '../lib/audit';
import { subjectLink } from '../lib/audit-subject';

/** What an entry is about, as a way to it where there is one. */
export function AuditSubject({ entry, className = '' }: { entry: AuditEntry; className?: string }) {
  const resources = useLivePart('resources');
  const link = subjectLink(entry, (uid) => resources.has(uid));
  const text = entry.subject || methodText(entry.method);
  if (!link) return <span className={className}>{text}</span>;
  return (
    <Link {...link} className={`hover:underline ${className}`}>
      {text}
    </Link>
  );
}
