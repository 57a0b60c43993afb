import { createServer, type Server, type Socket } from 'node:net';

/** A handshake begins with about a millisecond of work, and an operator's call waits behind all of a turn. */
const MOST_PER_TURN = 4;

/**
 * Takes connections and lets a few of them in at each turn of the event loop. When a fleet comes back, hundreds
 * knock at once; without this their handshakes would all begin in one turn, and calls would wait until the last
 * one has begun. It keeps the order, and nobody can hold up who is behind: a turn waits for no peer.
 */
export class PacedDoor {
  private readonly server: Server;
  private readonly queue: Socket[] = [];

  constructor(
    private readonly letIn: (socket: Socket) => void,
    mostConnections: number,
  ) {
    // Nothing is read before whoever gets the connection reads.
    this.server = createServer({ pauseOnConnect: true }, (socket) => this.take(socket));
    this.server.maxConnections = mostConnections;
  }

  /** The port that it listens on. @throws when the port is taken. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ host, port }, () => {
        this.server.off('error', reject);
        resolve((this.server.address() as { port: number }).port);
      });
    });
  }

  /** Takes nobody any more, and resolves when the last connection has ended. Who still waits is turned away. */
  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.queue.splice(0)) socket.destroy();
    return closed;
  }

  private take(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.queue.push(socket) === 1) setImmediate(() => this.turn());
  }

  private turn(): void {
    for (const socket of this.queue.splice(0, MOST_PER_TURN)) if (!socket.destroyed) this.letIn(socket);
    if (this.queue.length > 0) setImmediate(() => this.turn());
  }
}
