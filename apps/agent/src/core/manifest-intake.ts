import { toBinary } from '@bufbuild/protobuf';
import {
  type ChangeCause,
  ManifestBodySchema,
  type ManifestBody,
  type ManifestEntry,
} from '@ostler/contracts';
import { AppError, Serial, traceIdOf } from '@ostler/kernel';
import { failpoint } from '../failpoints';
import type { Fence, StoreOutcome } from '../link/core.port';
import { placedResource, type Reconciler } from '../reconcile';
import {
  judgeManifest,
  judgeOffer,
  requireValid,
  type BodyRules,
  type RefusedEntry,
  type Store,
} from '../store';
import type { Log } from '../telemetry';

export interface ManifestIntakeDeps {
  readonly store: Store;
  readonly reconciler: Reconciler;
  readonly rules: BodyRules;
  readonly serverUid: () => string;
  readonly log: Log;
}

const MOST_MESSAGE_CHARACTERS = 1000;

/** Takes manifests: fence, judgement, one transaction, then the reconciler is woken. */
export class ManifestIntake {
  private readonly serial = new Serial();

  constructor(private readonly deps: ManifestIntakeDeps) {}

  take(offer: Fence, index: Uint8Array, causes: readonly ChangeCause[] = []): Promise<StoreOutcome> {
    return this.serial.run(async () => {
      const fence = judgeOffer(this.deps.store.ledger.fence(), offer);
      if (!fence.take) return { stored: false, reason: fence.reason, message: fence.message, uids: [] };
      if (fence.stored) return { stored: true, fence: offer };
      return this.judgeAndStore(offer, index, causes);
    });
  }

  /**
   * Judges the stored manifest again when something of it was refused: an agent that was updated may take it,
   * and the control plane does not offer the same numbers twice.
   */
  async judgeAgain(): Promise<void> {
    await this.serial.run(async () => {
      const { ledger } = this.deps.store;
      const index = ledger.index();
      const refused = [...ledger.entries()].some((entry) => entry.refused !== undefined);
      if (index && refused) await this.judgeAndStore(ledger.fence(), index, []);
    });
  }

  private async judgeAndStore(
    offer: Fence,
    index: Uint8Array,
    causes: readonly ChangeCause[],
  ): Promise<StoreOutcome> {
    const { store, reconciler, log } = this.deps;
    const change = await judgeManifest(offer, index, {
      serverUid: this.deps.serverUid(),
      body: (sha256) => store.ledger.body(sha256),
      inForce: (uid) => store.ledger.entry(uid)?.accepted,
      check: (entry, body) => this.check(entry, body),
    });
    if ('reason' in change) return { stored: false, ...change };
    const before = reconciler.versions();
    failpoint('ledger.before-commit');
    store.ledger.commit(change);
    failpoint('ledger.stored');
    const numbers = numbersOf(offer, change.accepted.length, change.refused.length);
    log.info('a manifest is stored', { ...numbers, ...callsOf(causes) });
    for (const { message } of change.refused) log.warn(message);
    reconciler.manifestStored(before, change);
    return {
      stored: true,
      fence: offer,
      ...(change.refused.length > 0 && { refused: summary(change.refused) }),
    };
  }

  private async check(entry: ManifestEntry, body: ManifestBody): Promise<void> {
    await requireValid(this.deps.rules, toBinary(ManifestBodySchema, body));
    const resource = placedResource(entry, body, this.deps.store.ledger.fence().epoch);
    if (!resource) throw AppError.invalid('spec', 'INVALID', 'there is none.');
    const driver = this.deps.reconciler.driver(entry.kind);
    driver.check(resource);
  }
}

/** By which numbers the calls that led to it are found in the control plane's log and trail. */
function callsOf(causes: readonly ChangeCause[]) {
  const listed = (all: readonly string[]): string => [...new Set(all)].filter((one) => one !== '').join(' ');
  return {
    requestIds: listed(causes.map(({ requestId }) => requestId)),
    traceIds: listed(causes.map(({ traceparent }) => traceIdOf(traceparent))),
  };
}

function numbersOf({ epoch, revision }: Fence, accepted: number, refused: number) {
  return { epoch, revision, accepted, refused };
}

function summary(refused: readonly RefusedEntry[]) {
  return {
    reason: refused[0]?.reason ?? 'INVALID',
    message: refused
      .map(({ message }) => message)
      .join('\n')
      .slice(0, MOST_MESSAGE_CHARACTERS),
    uids: refused.map(({ entry }) => entry.uid),
  };
}
