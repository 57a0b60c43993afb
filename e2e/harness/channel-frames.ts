/** The longest payload that the harness puts in one frame. */
export const FRAME_BYTES_MAX = 64 * 1024;

const HEADER_BYTES = 5;

export interface Frame {
  readonly letter: string;
  readonly payload: Buffer;
}

/** A letter, a length (32 bits, big endian) and that many bytes; the letters are listed in `command-channel`. */
export function encodeFrame(letter: string, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(letter, 0, 'latin1');
  header.writeUInt32BE(payload.length, 1);
  return Buffer.concat([header, payload]);
}

/** Takes whole frames out of a stream of pieces cut anywhere. */
export class FrameDecoder {
  #rest: Buffer = Buffer.alloc(0);

  *decode(piece: Uint8Array): Generator<Frame> {
    this.#rest = Buffer.concat([this.#rest, piece]);
    for (;;) {
      if (this.#rest.length < HEADER_BYTES) return;
      const end = HEADER_BYTES + this.#rest.readUInt32BE(1);
      if (this.#rest.length < end) return;
      yield { letter: this.#rest.toString('latin1', 0, 1), payload: this.#rest.subarray(HEADER_BYTES, end) };
      this.#rest = this.#rest.subarray(end);
    }
  }
}
