import { create } from '@bufbuild/protobuf';
import {
  ConditionStatus, type ManifestRefused, type PlacementReport, PlacementReportSchema, type SecretVersion,
} from '@ostler/contracts'; // prettier-ignore
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type Clock, Gather, isUuid, systemClock } from '@ostler/kernel';
import { Injectable } from '@nestjs/common';

import { Vault } from '../platform/crypto';
import { isDatabaseAway, query, UnitOfWork } from '../platform/db';
import { secretPlace, StatusIntake } from '../resources';
import { ManifestBodies } from './manifest-bodies';
import { ManifestChanges } from './manifest-changes';
import { ManifestRepository, type Stored } from './manifest.repository';
import { OrphansService } from './orphans.service';

/** Servers of one statement. */
const MOST_SERVERS = 128;

/** What the fence is made of. */
export interface Fence {
  readonly epoch: bigint;
  readonly revision: bigint;
  readonly indexSha256: Uint8Array;
}

export interface Offer extends Fence {
  /** Exact bytes of the ManifestIndex. */
  readonly index: Uint8Array;
  /** Serialised ChangeCauses. */
  readonly causes: Uint8Array;
}

export interface RevealedSecret {
  readonly uid: string;
  readonly version: number;
  readonly value: Uint8Array;
}

/** What the lanes need of manifests. Every answer is for one server and nothing that is not its own. */
@Injectable()
export class Manifests {
  clock: Clock = systemClock;

  // A change of a whole fleet is asked for, and acknowledged, by all its servers at the same moment.
  private readonly offers: Gather<string, Offer | undefined>;
  private readonly acknowledgements: Gather<Stored, boolean>;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly vault: Vault,
    private readonly repository: ManifestRepository,
    private readonly bodies: ManifestBodies,
    private readonly changes: ManifestChanges,
    private readonly statuses: StatusIntake,
    private readonly orphans: OrphansService,
  ) {
    const together = { most: MOST_SERVERS, isForAll: isDatabaseAway };
    this.offers = new Gather((uids) => this.currentOf(uids), together);
    this.acknowledgements = new Gather((all) => this.markStored(all), {
      ...together,
      keyOf: ({ serverUid }) => serverUid,
    });
  }

  /** The newest manifest; undefined until the first of this epoch was compiled. */
  offerFor(serverUid: string): Promise<Offer | undefined> {
    return this.offers.ask(serverUid);
  }

  /** A body, or the index, of the server's present manifest by its hash. */
  async body(sha256: Uint8Array, serverUid: string): Promise<Uint8Array | undefined> {
    const body = await this.bodies.read(serverUid, sha256);
    if (body) return body;
    const offer = await this.offerFor(serverUid);
    return offer && Buffer.from(offer.indexSha256).equals(sha256) ? offer.index : undefined;
  }

  /** Values of the secrets that the server's present manifest names; others are left out. */
  async secretsFor(
    serverUid: string,
    wanted: readonly Pick<SecretVersion, 'uid' | 'version'>[],
  ): Promise<RevealedSecret[]> {
    const valid = wanted.filter(({ uid, version }) => isUuid(uid) && version <= 0x7fff_ffff);
    const rows = await this.asSystem(() =>
      this.repository.secrets(
        serverUid,
        valid.map(({ uid }) => uid),
        valid.map(({ version }) => version),
      ),
    );
    return rows.map(({ uid, version, sealed }) => ({
      uid,
      version,
      value: this.vault.open(sealed, secretPlace(uid, version)),
    }));
  }

  /** Calls back soon after a server's manifest was compiled; returns what ends it. */
  onChanged(listener: (serverUid: string) => void): () => void {
    return this.changes.onChanged(listener);
  }

  /** The agent has the manifest durably. False when the numbers are not those of an offer. */
  stored(serverUid: string, fence: Fence): Promise<boolean> {
    return this.acknowledgements.ask({ serverUid, ...fence });
  }

  /** The agent does not take the manifest, or some resources of it: their status says why. */
  async refused(
    serverUid: string,
    refusal: Pick<ManifestRefused, 'reason' | 'message' | 'uids'>,
  ): Promise<void> {
    const placed = await this.asSystem(() => placedOn(serverUid, refusal.uids.filter(isUuid)));
    await this.status(
      serverUid,
      placed.map((row) => this.refusalReport(row, refusal)),
    );
  }

  /** What the agent says of its placements. */
  async status(serverUid: string, reports: readonly PlacementReport[]): Promise<void> {
    const named = reports.filter(({ uid }) => isUuid(uid));
    await this.statuses.take(serverUid, named);
    const removed = named.filter((report) => report.removed).map(({ uid }) => uid);
    await this.orphans.removed(serverUid, removed);
  }

  private refusalReport(
    row: PlacedRow,
    { reason, message }: Pick<ManifestRefused, 'reason' | 'message'>,
  ): PlacementReport {
    const now = timestampFromMs(this.clock.now());
    return create(PlacementReportSchema, {
      uid: row.uid,
      kind: row.kind,
      observedGeneration: row.generation,
      reportedAt: now,
      conditions: [
        {
          type: 'Ready',
          status: ConditionStatus.FALSE,
          reason: reason || 'REFUSED',
          message: `The agent refused it: ${message || reason}. What it served before goes on.`,
          observedGeneration: row.generation,
          lastTransitionAt: now,
        },
      ],
    });
  }

  private async currentOf(serverUids: readonly string[]): Promise<(Offer | undefined)[]> {
    const rows = await this.asSystem(() => this.repository.current(serverUids));
    return serverUids.map((uid) => rows.get(uid));
  }

  private async markStored(all: readonly Stored[]): Promise<boolean[]> {
    const marked = await this.asSystem(() => this.repository.markStored(all));
    return all.map(({ serverUid }) => marked.has(serverUid));
  }

  private asSystem<T>(work: () => Promise<T>): Promise<T> {
    return this.unitOfWork.asSystem('agent-lane', work);
  }
}

interface PlacedRow {
  readonly uid: string;
  readonly kind: number;
  readonly generation: bigint;
}

/** These of the server's placements, or all of them when none is named. */
function placedOn(serverUid: string, uids: readonly string[]): Promise<PlacedRow[]> {
  return query<PlacedRow>(
    `select r.uid, r.kind, r.generation from placement p join resource r on r.uid = p.resource_uid
     where p.server_uid = $1 and not p.removing and ($2::uuid[] = '{}' or r.uid = any ($2))`,
    [serverUid, uids],
  );
}
