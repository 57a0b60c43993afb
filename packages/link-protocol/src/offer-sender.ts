import { create } from '@bufbuild/protobuf';
import { type ManifestOffer, ManifestOfferSchema } from '@ostler/contracts';
import type { ControlLaneHost } from './control-plane-core';
import { type Fence, noFence, sameFence } from './fence';
import { PIECE_BYTES } from './timing';

/** Offers the latest manifest once per lane, and remembers what this agent may say that it stored. */
export class OfferSender {
  private held: Fence = noFence;
  private readonly offered: Fence[] = [];

  constructor(
    private readonly host: Pick<ControlLaneHost, 'offer'>,
    private readonly send: (offer: ManifestOffer) => void,
  ) {}

  /** What the agent said in its hello that it has. */
  resume(held: Fence): void {
    this.held = held;
  }

  async offerLatest(): Promise<void> {
    const latest = await this.host.offer();
    if (!latest || sameFence(latest.fence, this.offered.at(-1) ?? this.held)) return;
    this.offered.push(latest.fence);
    if (this.offered.length > MOST_REMEMBERED) this.offered.shift();
    const { epoch, revision, sha256 } = latest.fence;
    const inline = latest.index.length <= PIECE_BYTES;
    const causes = [...(latest.causes ?? [])];
    const offer = { epoch, revision, indexSha256: sha256, indexSize: latest.index.length, causes };
    this.send(create(ManifestOfferSchema, inline ? { ...offer, index: latest.index } : offer));
  }

  /** False when no such manifest was offered on this lane. */
  stored(fence: Fence): boolean {
    return sameFence(fence, this.held) || this.offered.some((offered) => sameFence(offered, fence));
  }
}

/** An agent skips offers that were replaced before it took them. */
const MOST_REMEMBERED = 256;
