import { fromBinary } from '@bufbuild/protobuf';
import { ErrorReason, type ManifestEntry, ManifestIndexSchema } from '@ostler/contracts';
import { resourceTitle } from '@ostler/resource-model';
import { Inject, Injectable } from '@nestjs/common';

import { query } from '../platform/db';
import { type AuditRecord, AuditSink } from '../platform/rpc';
import { VERSION } from '../version';
import type { NewManifest } from './manifest.repository';

interface Recompiled {
  readonly entry: ManifestEntry;
  readonly servers: string[];
}

/**
 * A spec that nobody has changed may be compiled to other bytes by another control plane. That is a change
 * on servers, so it is an entry of its own in the trail of the resource, beside those that people made.
 */
@Injectable()
export class RecompileNotes {
  /** Looked at since this process started: its own compiler does not change. */
  private readonly looked = new Set<string>();

  constructor(@Inject(AuditSink) private readonly sink: AuditSink) {}

  /** Within the unit of work that stores the manifests. `before` are the indexes that they replace. */
  async record(
    fresh: readonly NewManifest[],
    before: (serverUid: string) => Uint8Array | undefined,
  ): Promise<void> {
    const found = new Map<string, Recompiled>();
    for (const { serverUid, manifest } of fresh) {
      const index = this.looked.has(serverUid) ? undefined : before(serverUid);
      if (!index) continue;
      this.looked.add(serverUid);
      for (const entry of otherBytes(
        index,
        manifest.entries.map((one) => one.entry),
      )) {
        const known = found.get(entry.uid) ?? { entry, servers: [] };
        known.servers.push(serverUid);
        found.set(entry.uid, known);
      }
    }
    if (found.size > 0) await this.append([...found.values()]);
  }

  private async append(found: readonly Recompiled[]): Promise<void> {
    const uids = [...new Set(found.flatMap(({ servers }) => servers))];
    const rows = await query<{ uid: string; name: string }>(
      'select uid, name from server where uid = any ($1)',
      [uids],
    );
    const names = new Map(rows.map(({ uid, name }) => [uid, name]));
    await this.sink.append(
      found.map(({ entry, servers }) => recordOf(entry, servers.map((uid) => names.get(uid) ?? uid).sort())),
    );
  }
}

/** Of the same generation, but not the same. */
function otherBytes(before: Uint8Array, now: readonly ManifestEntry[]): ManifestEntry[] {
  const then = new Map(fromBinary(ManifestIndexSchema, before).entries.map((entry) => [entry.uid, entry]));
  return now.filter((entry) => {
    const known = then.get(entry.uid);
    if (known?.generation !== entry.generation) return false;
    return !Buffer.from(known.bodySha256).equals(entry.bodySha256);
  });
}

function recordOf(
  { uid, kind, name, tenantUid, generation }: ManifestEntry,
  servers: readonly string[],
): AuditRecord {
  const shown = servers.slice(0, 10).join(', ');
  const more = servers.length > 10 ? ` and ${servers.length - 10} more` : '';
  return {
    tenantUid,
    actor: 'ostler',
    actorUid: undefined,
    method: 'ostler.internal/Recompile',
    outcome: 'done',
    reason: ErrorReason.UNSPECIFIED,
    subject: resourceTitle(kind, name),
    resourceUid: uid,
    generation,
    requestId: '',
    address: '',
    message: `Control plane ${VERSION} compiles the same spec to another configuration. It goes to ${shown}${more}.`,
  };
}
