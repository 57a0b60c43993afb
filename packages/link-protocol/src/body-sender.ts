import { create } from '@bufbuild/protobuf';
import { type BodyPiece, BodyPieceSchema, type NeedBodies } from '@ostler/contracts';
import { MOST_WANTED, PIECE_BYTES } from './timing';

interface Source {
  body(sha256: Uint8Array): Promise<Uint8Array | undefined>;
  /** False: the transport is full, `drained` comes. */
  send(piece: BodyPiece): boolean;
}

/** Sends bodies in pieces: never more than the credit, and never into a full transport. */
export class BodySender {
  private readonly wanted: Uint8Array[] = [];
  private credit = 0;
  private pumping = false;
  private drain: (() => void) | undefined;
  private more: (() => void) | undefined;
  private stopped = false;

  constructor(private readonly source: Source) {}

  /** False when the agent asks for more than any manifest has. */
  need(request: NeedBodies): boolean {
    if (this.wanted.length + request.sha256.length > 2 * MOST_WANTED) return false;
    this.wanted.push(...request.sha256);
    this.credit = Math.min(this.credit + request.creditBytes, MOST_CREDIT_BYTES);
    this.more?.();
    return true;
  }

  drained(): void {
    this.drain?.();
  }

  stop(): void {
    this.stopped = true;
    this.wanted.length = 0;
    this.drain?.();
    this.more?.();
  }

  /** Sends until nothing is wanted. Only one runs at a time. */
  async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    try {
      for (let sha256 = this.wanted[0]; sha256 && !this.stopped; sha256 = this.wanted[0]) {
        await this.sendBody(sha256);
        this.wanted.shift();
      }
    } finally {
      this.pumping = false;
    }
  }

  private async sendBody(sha256: Uint8Array): Promise<void> {
    const body = sha256.length === 32 ? await this.source.body(sha256) : undefined;
    if (!body) return this.put(create(BodyPieceSchema, { sha256, missing: true }));
    let offset = 0;
    do {
      while (this.credit <= 0 && body.length > 0 && !this.stopped) await this.credited();
      if (this.stopped) return;
      const data = body.subarray(offset, offset + Math.min(PIECE_BYTES, Math.max(this.credit, 0)));
      this.credit -= data.length;
      await this.put(create(BodyPieceSchema, { sha256, offset, size: body.length, data }));
      offset += data.length;
    } while (offset < body.length);
  }

  private async put(piece: BodyPiece): Promise<void> {
    if (this.stopped || this.source.send(piece)) return;
    await new Promise<void>((resolve) => (this.drain = resolve));
    this.drain = undefined;
  }

  private async credited(): Promise<void> {
    await new Promise<void>((resolve) => (this.more = resolve));
    this.more = undefined;
  }
}

/** An agent that grants without end gets no more on its way than this. */
const MOST_CREDIT_BYTES = 64 * PIECE_BYTES;
