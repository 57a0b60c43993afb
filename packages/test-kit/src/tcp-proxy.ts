import { createConnection, createServer, type Server, type Socket } from 'node:net';

type Direction = 'up' | 'down';

/**
 * A TCP proxy on localhost that can stop forwarding, one way or both, while every connection stays open: what
 * a partition looks like to both ends. `up` is towards the target.
 */
export class TcpProxy implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();
  private readonly stopped = new Set<Direction>();
  /** Connections that were made through it. */
  connections = 0;
  private idleMs = 0;
  private bytesPerSecond = Number.POSITIVE_INFINITY;
  /** When each direction of the line is free again, by the clock of `performance`. */
  private readonly freeAt = { up: 0, down: 0 };

  private constructor(
    private readonly server: Server,
    private target: number,
  ) {
    server.on('connection', (client) => this.pair(client));
  }

  static async to(targetPort: number): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server, targetPort);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** For connections that come from now on. */
  retarget(port: number): void {
    this.target = port;
  }

  stop(...directions: Direction[]): void {
    for (const direction of directions) this.stopped.add(direction);
  }

  /** Forwards again; what was sent meanwhile is lost with its connection. */
  heal(): void {
    this.stopped.clear();
  }

  /** All connections share one line of this rate in each direction, as on a slow link. */
  slow(bytesPerSecond: number): void {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Resets every connection, from now on too, that has carried nothing for as long: what stateful firewalls do. */
  dropIdle(idleMs: number): void {
    this.idleMs = idleMs;
    for (const socket of this.sockets) this.watchIdle(socket);
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }

  private pair(client: Socket): void {
    this.connections += 1;
    const up = createConnection({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
    this.forward(client, up, 'up');
    this.forward(up, client, 'down');
  }

  private forward(from: Socket, to: Socket, direction: Direction): void {
    this.sockets.add(from);
    this.watchIdle(from);
    from.on('data', (bytes) => {
      if (this.stopped.has(direction)) return;
      const waitMs = this.lineTime(direction, bytes.length);
      if (waitMs <= 0) return void to.write(bytes);
      // The next piece of this connection comes after this one, those of others in between.
      from.pause();
      setTimeout(() => {
        if (!this.stopped.has(direction) && to.writable) to.write(bytes);
        from.resume();
      }, waitMs);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.sockets.delete(from);
      if (!this.stopped.has(direction)) to.destroy();
    });
    from.on('end', () => {
      if (!this.stopped.has(direction)) to.end();
    });
  }

  /** Takes the line for these bytes; milliseconds until they are through. */
  private lineTime(direction: Direction, bytes: number): number {
    if (!Number.isFinite(this.bytesPerSecond)) return 0;
    const now = performance.now();
    const startMs = Math.max(now, this.freeAt[direction]);
    this.freeAt[direction] = startMs + (bytes / this.bytesPerSecond) * 1000;
    return this.freeAt[direction] - now;
  }

  private watchIdle(socket: Socket): void {
    if (this.idleMs === 0) return;
    socket.setTimeout(this.idleMs, () => socket.resetAndDestroy());
  }
}
