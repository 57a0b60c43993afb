import type { LaneListener, LaneStream } from './lane-stream';

export type Direction = 'up' | 'down';

/**
 * Both ends of a lane in memory. Frames arrive in order, each in a turn of its own. The connection can be
 * cut before any frame, and either direction can stop forwarding while both ends believe that it lives.
 */
export class MemoryLink<Up, Down> {
  /** Sends Up, receives Down: the agent's end. */
  readonly agent: LaneStream<Down, Up>;
  readonly controlPlane: LaneStream<Up, Down>;
  /** Frames that were delivered, both directions. */
  delivered = 0;
  private readonly up: Pipe<Up>;
  private readonly down: Pipe<Down>;
  private cutBefore = Infinity;

  constructor(private readonly seen?: (direction: Direction, frame: Up | Down) => void) {
    this.up = new Pipe(
      () => this.mayDeliver(),
      (frame) => this.seen?.('up', frame),
    );
    this.down = new Pipe(
      () => this.mayDeliver(),
      (frame) => this.seen?.('down', frame),
    );
    this.agent = new MemoryEnd(this.down, this.up, () => this.cut());
    this.controlPlane = new MemoryEnd(this.up, this.down, () => this.cut());
  }

  /** Loses the connection instead of delivering frame number `frames` + 1. */
  cutAfter(frames: number): this {
    this.cutBefore = frames;
    return this;
  }

  cut(): void {
    this.up.end('the connection was lost');
    this.down.end('the connection was lost');
  }

  /** Frames are taken and never arrive, as behind a firewall that drops packets. */
  stall(direction: Direction, stalled = true): void {
    (direction === 'up' ? this.up : this.down).stalled = stalled;
  }

  /** The transport of this direction is full until `drain`. */
  fill(direction: Direction, full = true): void {
    (direction === 'up' ? this.up : this.down).setFull(full);
  }

  private mayDeliver(): boolean {
    if (this.delivered >= this.cutBefore) this.cut();
    else this.delivered += 1;
    return this.delivered <= this.cutBefore;
  }
}

class Pipe<T> {
  stalled = false;
  paused = false;
  full = false;
  sender: { drained(): void } | undefined;
  private readonly frames: T[] = [];
  private listener: LaneListener<T> | undefined;
  private endCause: string | undefined;
  private told = false;

  constructor(
    private readonly mayDeliver: () => boolean,
    private readonly seen: (frame: T) => void,
  ) {}

  listen(listener: LaneListener<T>): void {
    this.listener = listener;
    this.schedule();
  }

  push(frame: T): boolean {
    if (this.endCause === undefined) this.frames.push(frame);
    this.schedule();
    return !this.full;
  }

  setFull(full: boolean): void {
    this.full = full;
    if (!full) this.sender?.drained();
  }

  /** Lost at once; `gracefully` after what is queued. */
  end(cause: string, gracefully = false): void {
    this.endCause ??= cause;
    if (!gracefully) this.frames.length = 0;
    this.schedule();
  }

  schedule(): void {
    setImmediate(() => this.deliver());
  }

  private deliver(): void {
    if (!this.listener || this.told || this.paused) return;
    if (this.frames.length === 0 && this.endCause !== undefined) {
      this.told = true;
      this.listener.ended(this.endCause);
      return;
    }
    if (this.stalled || this.frames.length === 0 || !this.mayDeliver()) return;
    const frame = this.frames.shift();
    if (frame === undefined) return;
    this.seen(frame);
    this.listener.frame(frame);
    this.schedule();
  }
}

class MemoryEnd<In, Out> implements LaneStream<In, Out> {
  constructor(
    private readonly incoming: Pipe<In>,
    private readonly outgoing: Pipe<Out>,
    private readonly cut: () => void,
  ) {}

  listen(listener: LaneListener<In>): void {
    this.outgoing.sender = listener;
    this.incoming.listen(listener);
  }

  send(frame: Out): boolean {
    return this.outgoing.push(frame);
  }

  end(): void {
    this.outgoing.end('the other side ended it', true);
    this.incoming.end('ended');
  }

  destroy(): void {
    this.cut();
  }

  pause(): void {
    this.incoming.paused = true;
  }

  resume(): void {
    this.incoming.paused = false;
    this.incoming.schedule();
  }
}
