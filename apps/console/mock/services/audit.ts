import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import type { AuditEntry, AuditService } from '@ostler/contracts';
import type { World } from '../world';

export function auditService(world: World): ServiceImpl<typeof AuditService> {
  return {
    list({ actor, subject, outcome, resourceUid, method, since, until, pageSize, pageToken }) {
      const size = pageSize || 100;
      const from = Number(pageToken || 0);
      const found = world.audit.filter(
        (entry) =>
          (actor === '' || entry.actor === actor) &&
          entry.subject.includes(subject) &&
          (outcome === 0 || entry.outcome === outcome) &&
          (resourceUid === '' || entry.resourceUid === resourceUid) &&
          entry.method.toLowerCase().includes(method.toLowerCase()) &&
          isBetween(entry, since, until),
      );
      const more = from + size < found.length;
      return { entries: found.slice(from, from + size), nextPageToken: more ? String(from + size) : '' };
    },
  };
}

function isBetween({ createdAt }: AuditEntry, since: Timestamp | undefined, until: Timestamp | undefined) {
  const at = createdAt ? timestampMs(createdAt) : 0;
  return (!since || at >= timestampMs(since)) && (!until || at < timestampMs(until));
}
