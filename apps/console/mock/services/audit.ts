import type { ServiceImpl } from '@connectrpc/connect';
import type { AuditService } from '@ostler/contracts';
import type { World } from '../world';

export function auditService(world: World): ServiceImpl<typeof AuditService> {
  return {
    list({ actor, subject, outcome, pageSize, pageToken }) {
      const size = pageSize || 100;
      const from = Number(pageToken || 0);
      const found = world.audit.filter(
        (entry) =>
          (actor === '' || entry.actor === actor) &&
          entry.subject.includes(subject) &&
          (outcome === 0 || entry.outcome === outcome),
      );
      const more = from + size < found.length;
      return { entries: found.slice(from, from + size), nextPageToken: more ? String(from + size) : '' };
    },
  };
}
