import { type Clock, systemClock } from '@ostler/kernel';

import { SocketConnection, type SocketLike } from './socket-connection';
import { cut } from './stream-errors';
import type { StreamLink } from './stream-link';

export interface SocketLinkOptions {
  /** Makes a WebSocket to /api/socket of the control plane. */
  readonly connect: () => SocketLike;
  /** Takes the streams while no socket can be opened though the control plane answers. */
  readonly instead?: StreamLink;
  readonly clock?: Clock;
}

/** So many sockets that never opened, one after another, are no restart of the control plane any more. */
const failuresBeforeInstead = 3;
const tryAgainAfterMs = 600_000;

/**
 * All server streams over one WebSocket, which is opened with the first of them. It does not reconnect by
 * itself: every stream is told of a cut, and whoever opens one again opens the socket again.
 */
export class SocketLink implements StreamLink {
  private connection: SocketConnection | undefined;
  private failures = 0;
  private insteadUntil = -Infinity;
  private readonly clock: Clock;

  constructor(private readonly options: SocketLinkOptions) {
    this.clock = options.clock ?? systemClock;
  }

  /** True while streams go another way, because sockets do not get through. */
  get isInstead(): boolean {
    return this.options.instead !== undefined && this.clock.monotonic() < this.insteadUntil;
  }

  async *open(method: string, request: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    if (this.isInstead) return yield* this.options.instead!.open(method, request, signal);
    const connection = this.connect();
    await this.letIn(connection);
    yield* connection.open(method, request, signal);
  }

  /** Cuts the socket and all streams: it may be dead without anybody having said so. */
  reset(why = 'The connection to the control plane was silent for too long.'): void {
    this.connection?.end(cut(why));
    this.connection = undefined;
  }

  private connect(): SocketConnection {
    if (!this.connection || this.connection.hasEnded)
      this.connection = new SocketConnection(this.options.connect(), this.clock);
    return this.connection;
  }

  private async letIn(connection: SocketConnection): Promise<void> {
    try {
      await connection.welcome;
      this.failures = 0;
    } catch (error) {
      if (connection === this.connection) this.countFailure();
      throw error;
    }
  }

  private countFailure(): void {
    const isSilent = this.connection?.wasNeverHeard === true;
    this.connection = undefined;
    // A control plane that says why it does not let us in is no failure of sockets.
    if (!isSilent) return;
    this.failures += 1;
    if (this.failures < failuresBeforeInstead) return;
    this.failures = 0;
    this.insteadUntil = this.clock.monotonic() + tryAgainAfterMs;
  }
}
