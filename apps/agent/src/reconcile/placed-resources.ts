import { fromBinary } from '@bufbuild/protobuf';
import { ManifestBodySchema, type Kind, type ManifestBody, type ManifestEntry } from '@ostler/contracts';
import type { ResourceUid, TenantUid } from '@ostler/kernel';
import type { Ledger } from '../store';
import type { PlacedResource } from './driver.port';

/** What a driver is given of a manifest entry and its body; undefined when the body names no spec. */
export function placedResource(
  entry: ManifestEntry,
  body: ManifestBody,
  epoch: bigint,
): PlacedResource | undefined {
  if (body.spec.case === undefined) return undefined;
  return {
    uid: entry.uid as ResourceUid,
    kind: entry.kind,
    name: entry.name,
    tenantUid: entry.tenantUid as TenantUid,
    generation: entry.generation,
    epoch,
    spec: body.spec,
    edges: entry.edges,
  };
}

/** The resources in force, decoded when they are asked for: thousands of them do not stay in memory. */
export class PlacedResources {
  private dependantsOf: Map<string, string[]> | undefined;

  constructor(private readonly ledger: Ledger) {}

  /** The stored manifest has changed. */
  refresh(): void {
    this.dependantsOf = undefined;
  }

  get(uid: string): PlacedResource | undefined {
    const accepted = this.ledger.entry(uid)?.accepted;
    return accepted && this.load(accepted);
  }

  ofKind(kind: Kind): PlacedResource[] {
    const found: PlacedResource[] = [];
    for (const { accepted } of this.ledger.entries()) {
      const resource = accepted?.kind === kind ? this.load(accepted) : undefined;
      if (resource) found.push(resource);
    }
    return found;
  }

  /** Uids of the resources that reference this one. */
  dependants(uid: string): readonly string[] {
    this.dependantsOf ??= this.gatherDependants();
    return this.dependantsOf.get(uid) ?? [];
  }

  private gatherDependants(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const { accepted } of this.ledger.entries()) {
      for (const edge of accepted?.edges ?? []) {
        found.set(edge.uid, [...(found.get(edge.uid) ?? []), accepted!.uid]);
      }
    }
    return found;
  }

  private load(entry: ManifestEntry): PlacedResource | undefined {
    const bytes = this.ledger.body(entry.bodySha256);
    return bytes && placedResource(entry, fromBinary(ManifestBodySchema, bytes), this.ledger.fence().epoch);
  }
}
