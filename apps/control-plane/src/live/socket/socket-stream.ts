import { setImmediate as turn } from 'node:timers/promises';

import { Waker } from '@ostler/kernel';

import { frameBytes, socketLimits } from './socket-limits';

/** How the messages of a stream leave: in frames of some messages each. */
export type SendMessages = (messages: Uint8Array[]) => void;

/**
 * One server stream on a socket. It reads from its source no further than the client gives credit for, so a
 * slow reader costs one window and nobody else waits for it.
 */
export class SocketStream {
  private readonly ending = new AbortController();
  private readonly credit = new Waker();
  private underWayBytes = 0;
  private frame: Uint8Array[] = [];
  private framedBytes = 0;
  private isFlushDue = false;

  constructor(private readonly send: SendMessages) {}

  /** Aborted when the client wants no more, or the socket is gone. */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  /** Sends all that the source gives. @throws what the source throws, after all that came before. */
  async pump(source: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const message of source) {
        if (this.signal.aborted) return;
        await this.take(message);
      }
    } finally {
      this.flush();
    }
  }

  taken(bytes: number): void {
    this.underWayBytes = Math.max(0, this.underWayBytes - bytes);
    this.credit.poke();
  }

  end(reason?: unknown): void {
    this.ending.abort(reason);
    this.credit.poke();
  }

  private async take(message: Uint8Array): Promise<void> {
    this.frame.push(message);
    this.framedBytes += message.length;
    this.underWayBytes += message.length;
    this.flushSoon();
    if (this.framedBytes >= frameBytes) {
      this.flush();
      // A source that has much to give must not keep everybody else waiting.
      await turn();
    }
    while (this.underWayBytes >= socketLimits.windowBytes && !this.signal.aborted) {
      this.flush();
      await this.credit.wait(this.signal);
    }
  }

  /** What the source gives without a pause goes together. */
  private flushSoon(): void {
    if (this.isFlushDue) return;
    this.isFlushDue = true;
    setImmediate(() => {
      this.isFlushDue = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.frame.length === 0) return;
    const { frame } = this;
    this.frame = [];
    this.framedBytes = 0;
    if (!this.signal.aborted) this.send(frame);
  }
}
