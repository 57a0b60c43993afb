const DEFAULT_MOST_BYTES = 1024 * 1024;

/** Output up to a bound that two streams share; what comes after is dropped and said. */
export class BoundedOutput {
  private left: number;
  truncated = false;

  constructor(mostBytes = DEFAULT_MOST_BYTES) {
    this.left = mostBytes;
  }

  /** Collects a stream; the text is complete when the stream has ended. */
  collect(stream: NodeJS.ReadableStream): () => string {
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => {
      const kept = piece.subarray(0, this.left);
      this.left -= kept.byteLength;
      if (kept.byteLength < piece.byteLength) this.truncated = true;
      if (kept.byteLength > 0) pieces.push(kept);
    });
    return () => Buffer.concat(pieces).toString('utf8');
  }
}
