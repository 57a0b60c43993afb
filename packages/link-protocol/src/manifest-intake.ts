import { createHash } from 'node:crypto';
import { create, fromBinary } from '@bufbuild/protobuf';
import {
  type AgentFrame,
  type ChangeCause,
  type ManifestIndex,
  ManifestIndexSchema,
  type ManifestOffer,
  ManifestRefusedSchema,
  ManifestStoredSchema,
  NeedSecretsSchema,
} from '@ostler/contracts';
import { messageOf } from '@ostler/kernel';
import type { ControlLaneCore, Refusal } from './agent-core';
import { BodyFetch, type WantedBody } from './body-fetch';
import { type Fence, hexOf } from './fence';
import { MOST_BODY_BYTES, MOST_INDEX_BYTES } from './timing';

type SendFrame = (frame: AgentFrame['frame']) => void;

/**
 * Takes offers on the agent, one at a time; of several that wait only the newest counts.
 *
 *   offer -> fence checked -> index (inline, or by its hash) -> bodies that are lacking -> stored
 *              | refused        | not the bytes it names         | missing: wait for the next offer
 */
export class ManifestIntake {
  readonly bodies: BodyFetch;
  private latest: ManifestOffer | undefined;
  private busy = false;

  constructor(
    private readonly core: ControlLaneCore,
    private readonly send: SendFrame,
  ) {
    this.bodies = new BodyFetch((need) => send({ case: 'needBodies', value: need }));
  }

  async offer(offer: ManifestOffer): Promise<void> {
    this.latest = offer;
    if (this.busy) return;
    this.busy = true;
    try {
      for (let next = this.next(); next; next = this.next()) await this.take(next);
    } finally {
      this.busy = false;
    }
  }

  /** Asks for what the stored manifest references and the store lacks. */
  askForSecrets(): void {
    const secrets = this.core.secretsNeeded().slice(0, MOST_SECRETS);
    if (secrets.length > 0) this.send({ case: 'needSecrets', value: create(NeedSecretsSchema, { secrets }) });
  }

  private next(): ManifestOffer | undefined {
    const offer = this.latest;
    this.latest = undefined;
    return offer;
  }

  private async take(offer: ManifestOffer): Promise<void> {
    const fence: Fence = { epoch: offer.epoch, revision: offer.revision, sha256: offer.indexSha256 };
    const fenced = this.core.refuses(fence);
    if (fenced) return this.refuse(fence, { ...fenced, uids: [] });
    try {
      const bytes = await this.index(offer);
      if (!bytes || !(await this.fetchBodies(readIndex(fence, bytes)))) return;
      // A newer one waits: what was fetched is kept, this one would only be replaced at once.
      if (!this.latest) await this.store(fence, bytes, offer.causes);
    } catch (error) {
      if (!(error instanceof BadManifest)) throw error;
      this.refuse(fence, { reason: error.reason, message: error.message, uids: [] });
    }
  }

  private async index(offer: ManifestOffer): Promise<Uint8Array | undefined> {
    if (offer.indexSize > MOST_INDEX_BYTES) {
      throw new BadManifest(
        'TOO_LARGE',
        `The index has ${offer.indexSize} bytes; at most ${MOST_INDEX_BYTES}.`,
      );
    }
    if (offer.index.length > 0) {
      if (createHash('sha256').update(offer.index).digest().equals(offer.indexSha256)) return offer.index;
      throw new BadManifest('INVALID', 'The index does not have the hash that the offer names.');
    }
    let index: Uint8Array | undefined;
    const fetched = await this.fetch([{ sha256: offer.indexSha256, size: offer.indexSize }], (_, bytes) => {
      index = bytes;
    });
    return fetched ? index : undefined;
  }

  private fetchBodies(index: ManifestIndex): Promise<boolean> {
    const sizes = new Map<string, WantedBody>();
    for (const entry of index.entries) {
      if (entry.bodySize > MOST_BODY_BYTES) {
        throw new BadManifest(
          'TOO_LARGE',
          `${entry.name} has ${entry.bodySize} bytes; at most ${MOST_BODY_BYTES}.`,
        );
      }
      sizes.set(hexOf(entry.bodySha256), { sha256: entry.bodySha256, size: entry.bodySize });
    }
    const lacking = this.core.lacks([...sizes.values()].map((body) => body.sha256));
    return this.fetch(
      lacking.flatMap((sha256) => sizes.get(hexOf(sha256)) ?? []),
      (sha256, bytes) => this.core.putBody(sha256, bytes),
    );
  }

  private async fetch(
    wanted: readonly WantedBody[],
    keep: (sha256: Uint8Array, bytes: Uint8Array) => void,
  ): Promise<boolean> {
    const result = await this.bodies.fetch(wanted, keep);
    if (result.outcome === 'corrupt') throw new BadManifest('INVALID', result.message);
    return result.outcome === 'complete';
  }

  private async store(fence: Fence, bytes: Uint8Array, causes: readonly ChangeCause[]): Promise<void> {
    const outcome = await this.core.storeManifest(fence, bytes, causes);
    if (!outcome.stored) return this.refuse(fence, outcome);
    const { epoch, revision, sha256 } = outcome.fence;
    this.send({
      case: 'manifestStored',
      value: create(ManifestStoredSchema, { epoch, revision, indexSha256: sha256 }),
    });
    if (outcome.refused) this.refuse(fence, outcome.refused);
    this.askForSecrets();
  }

  private refuse(fence: Fence, refusal: Refusal): void {
    const { epoch, revision } = fence;
    const { reason, message, uids } = refusal;
    this.send({
      case: 'manifestRefused',
      value: create(ManifestRefusedSchema, { epoch, revision, reason, message, uids: [...uids] }),
    });
  }
}

const MOST_SECRETS = 5000;

class BadManifest extends Error {
  constructor(
    readonly reason: 'INVALID' | 'TOO_LARGE',
    message: string,
  ) {
    super(message);
  }
}

/** The index must say the same numbers as its offer: the fence is checked by the offer. */
function readIndex(fence: Fence, bytes: Uint8Array): ManifestIndex {
  const index = decode(bytes);
  if (index.epoch === fence.epoch && index.revision === fence.revision) return index;
  throw new BadManifest('INVALID', 'The index names another epoch or revision than its offer.');
}

function decode(bytes: Uint8Array): ManifestIndex {
  try {
    return fromBinary(ManifestIndexSchema, bytes);
  } catch (error) {
    throw new BadManifest('INVALID', `The index cannot be read: ${messageOf(error)}`);
  }
}
