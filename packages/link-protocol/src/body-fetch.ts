import { createHash } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { type BodyPiece, type NeedBodies, NeedBodiesSchema } from '@ostler/contracts';
import { hexOf } from './fence';
import { BODY_WINDOW_BYTES, MOST_WANTED, PIECE_BYTES } from './timing';

/** A body that is asked for by its hash; a piece of another size is refused. */
export interface WantedBody {
  readonly sha256: Uint8Array;
  readonly size: number;
}

interface Assembly {
  readonly wanted: WantedBody;
  bytes: Uint8Array;
  received: number;
}

export type FetchOutcome =
  | { readonly outcome: 'complete' }
  /** The control plane has it no more: wait for the next offer. */
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'corrupt'; readonly message: string };

/**
 * Puts bodies together from pieces, with credit: the sender may have as many bytes on their way as were
 * granted. Each NeedBodies grants more; one without hashes does nothing else.
 *
 *   idle --fetch--> fetching --every body whole--> idle (complete)
 *                      |------a piece says missing--> idle (missing)
 *                      '------size or hash is wrong-> idle (corrupt)
 */
export class BodyFetch {
  private readonly assemblies = new Map<string, Assembly>();
  private readonly waiting: WantedBody[] = [];
  private finish: ((outcome: FetchOutcome) => void) | undefined;
  private keep: (sha256: Uint8Array, bytes: Uint8Array) => void = () => undefined;
  private toGrant = BODY_WINDOW_BYTES;

  constructor(private readonly send: (need: NeedBodies) => void) {}

  /** One fetch at a time. `keep` is called once per body, after its hash was checked. */
  fetch(
    wanted: readonly WantedBody[],
    keep: (sha256: Uint8Array, bytes: Uint8Array) => void,
  ): Promise<FetchOutcome> {
    if (wanted.length === 0) return Promise.resolve({ outcome: 'complete' });
    this.keep = keep;
    this.waiting.push(...wanted);
    return new Promise((resolve) => {
      this.finish = resolve;
      this.ask();
    });
  }

  piece(piece: BodyPiece): void {
    this.toGrant += piece.data.length;
    const assembly = this.assemblies.get(hexOf(piece.sha256));
    if (assembly) this.add(assembly, piece);
    if (this.finish && this.toGrant >= PIECE_BYTES) this.grant([]);
  }

  private add(assembly: Assembly, piece: BodyPiece): void {
    if (piece.missing) return this.settle({ outcome: 'missing' });
    if (piece.size !== assembly.wanted.size || piece.offset + piece.data.length > piece.size) {
      return this.settle(corrupt(assembly, 'has another size than its entry says'));
    }
    // What an earlier fetch asked for may still arrive; only the next byte counts.
    if (piece.offset !== assembly.received) return;
    if (assembly.received === 0) assembly.bytes = new Uint8Array(piece.size);
    assembly.bytes.set(piece.data, piece.offset);
    assembly.received += piece.data.length;
    if (assembly.received === piece.size) this.complete(assembly);
  }

  private complete(assembly: Assembly): void {
    const { sha256 } = assembly.wanted;
    if (!createHash('sha256').update(assembly.bytes).digest().equals(sha256)) {
      return this.settle(corrupt(assembly, 'does not have the hash that it was asked for by'));
    }
    this.assemblies.delete(hexOf(sha256));
    this.keep(sha256, assembly.bytes);
    if (this.assemblies.size > 0) return;
    if (this.waiting.length > 0) this.ask();
    else this.settle({ outcome: 'complete' });
  }

  private ask(): void {
    const batch = this.waiting.splice(0, MOST_WANTED);
    for (const wanted of batch) {
      this.assemblies.set(hexOf(wanted.sha256), { wanted, bytes: new Uint8Array(), received: 0 });
    }
    this.grant(batch.map((wanted) => wanted.sha256));
  }

  private grant(sha256: Uint8Array[]): void {
    this.send(create(NeedBodiesSchema, { creditBytes: this.toGrant, sha256 }));
    this.toGrant = 0;
  }

  private settle(outcome: FetchOutcome): void {
    this.assemblies.clear();
    this.waiting.length = 0;
    const finish = this.finish;
    this.finish = undefined;
    finish?.(outcome);
  }
}

function corrupt(assembly: Assembly, what: string): FetchOutcome {
  return { outcome: 'corrupt', message: `The body ${hexOf(assembly.wanted.sha256)} ${what}.` };
}
