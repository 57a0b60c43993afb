import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Server_State } from '@ostler/contracts';
import { type Clock, systemClock, Waker } from '@ostler/kernel';
import { AgentFeatures, ConnectedAgents, type PulseListener } from '../link';
import { execute, query, UnitOfWork, Wake } from '../platform/db';
import { Loops } from '../platform/loops';
import { ServerChanges } from '../resources';
import { ServerPulse } from './server-pulse';

const TICK_MS = 1000;
const KEEP_SEEN_MS = 60_000;
/** Servers of one transaction. */
const MOST_TOGETHER = 128;

interface KnownServer {
  readonly pulse: ServerPulse;
  written: Server_State;
}

interface StateChange {
  readonly uid: string;
  readonly server: KnownServer;
  readonly state: Server_State;
  readonly seenAt: Date | undefined;
}

interface LaneEnded {
  readonly why: string;
  readonly at: Date;
  /** The last frame before it. */
  readonly seenAt: Date | null;
}

/**
 * Computes the state of every server from its frames and writes it when it changes, and once a minute when
 * each was last seen.
 */
@Injectable()
export class ServerStateLoop implements OnModuleInit, PulseListener {
  private readonly known = new Map<string, KnownServer>();
  /** Lanes that ended and whose end is not written yet. */
  private readonly ends = new Map<string, LaneEnded>();
  private readonly waker = new Waker();
  private readonly clock: Clock = systemClock;
  private seenKeptMs = 0;

  constructor(
    private readonly features: AgentFeatures,
    private readonly agents: ConnectedAgents,
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly loops: Loops,
    private readonly resources: ServerChanges,
  ) {}

  onModuleInit(): void {
    this.features.pulse.push(this);
    this.loops.add({ name: 'server-state', run: (signal) => this.run(signal) });
  }

  connected(serverUid: string): void {
    this.pulseOf(serverUid).connected(this.clock.monotonic());
    this.waker.poke();
  }

  frame(serverUid: string): void {
    this.known.get(serverUid)?.pulse.frame(this.clock.monotonic());
  }

  disconnected(serverUid: string, why: string, inOrder = false): void {
    // Asked before: without a lane this process does not know.
    const seenAt = this.seenAt(serverUid) ?? null;
    this.known.get(serverUid)?.pulse.disconnected(inOrder);
    this.ends.set(serverUid, { why, at: new Date(this.clock.now()), seenAt });
    this.waker.poke();
  }

  /** When the last frame of its agent came to this process. */
  seenAt(serverUid: string): Date | undefined {
    const seenMs = this.known.get(serverUid)?.pulse.seenMs;
    if (seenMs === undefined || !this.known.get(serverUid)?.pulse.hasLane) return undefined;
    return new Date(this.clock.now() - (this.clock.monotonic() - seenMs));
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.inherit();
    while (!signal.aborted) {
      await this.step();
      const tick = this.clock.after(TICK_MS, () => this.waker.poke());
      await this.waker.wait(signal);
      tick.cancel();
    }
  }

  /** One turn: everything that it does is safe to do again. */
  async step(): Promise<void> {
    if (this.ends.size > 0) await this.keepEnds();
    await this.writeChanges();
    if (this.clock.monotonic() - this.seenKeptMs >= KEEP_SEEN_MS) await this.keepSeen();
  }

  /** Servers that were up before this process began get the time to come back. */
  private async inherit(): Promise<void> {
    const rows = await this.unitOfWork.asSystem('server-state', () =>
      query<{ uid: string; state: Server_State }>(
        'select uid, state from server where removed_at is null and state = any($1)',
        [[Server_State.CONNECTED, Server_State.UNKNOWN]],
      ),
    );
    for (const { uid, state } of rows) {
      if (this.known.has(uid)) continue;
      this.known.set(uid, { pulse: new ServerPulse(this.clock.monotonic()), written: state });
    }
  }

  private async writeChanges(): Promise<void> {
    const nowMs = this.clock.monotonic();
    const changes = [...this.known].flatMap(([uid, server]) => {
      const state = server.pulse.state(nowMs);
      // An inherited server stays what it was while there is grace.
      const isGrace = !server.pulse.hasLane && state === Server_State.CONNECTED;
      return state === server.written || isGrace ? [] : [{ uid, server, state, seenAt: this.seenAt(uid) }];
    });
    for (let first = 0; first < changes.length; first += MOST_TOGETHER)
      await this.keepChanges(changes.slice(first, first + MOST_TOGETHER));
  }

  /** In one transaction: a fleet that comes back is a thousand changes of the same resources. */
  private async keepChanges(changes: readonly StateChange[]): Promise<void> {
    const byUid = new Map(changes.map((change) => [change.uid, change]));
    await this.unitOfWork.asSystem('server-state', () =>
      this.resources.connectionsChanged([...byUid.keys()], async (uids) => {
        const written = await this.write(uids.map((uid) => byUid.get(uid)!));
        if (written.length > 0) this.wake.notify('servers');
        return written;
      }),
    );
    for (const { server, state } of changes) server.written = state;
  }

  /** Which of them it changed. */
  private async write(changes: readonly StateChange[]): Promise<string[]> {
    const rows = await query<{ uid: string }>(
      `update server s set state = n.state, state_since = now(), last_seen_at = coalesce(n.seen_at, s.last_seen_at),
         resource_version = txid_current()
       from unnest($1::uuid[], $2::smallint[], $3::timestamptz[], $4::boolean[]) as n (uid, state, seen_at, was_here)
       where s.uid = n.uid and s.removed_at is null and s.state <> n.state
         and (n.state = ${Server_State.CONNECTED} or s.last_seen_at is null
           or s.last_seen_at < now() - interval '85 seconds' or n.was_here)
       returning s.uid`,
      // Another process may hold its lane: it writes last_seen_at once a minute.
      [
        changes.map(({ uid }) => uid),
        changes.map(({ state }) => state),
        changes.map(({ seenAt }) => seenAt ?? null),
        changes.map(({ uid }) => this.wasHere(uid)),
      ],
    );
    return rows.map(({ uid }) => uid);
  }

  private wasHere(uid: string): boolean {
    return this.known.get(uid)?.pulse.wasConnected ?? false;
  }

  private async keepSeen(): Promise<void> {
    const uids = this.agents.uids();
    if (uids.length > 0) {
      await this.unitOfWork.asSystem('server-state', () =>
        execute(
          `update server s set last_seen_at = seen.at from unnest($1::uuid[], $2::timestamptz[]) as seen (uid, at)
           where s.uid = seen.uid`,
          [uids, uids.map((uid) => this.seenAt(uid) ?? new Date(this.clock.now()))],
        ),
      );
    }
    this.seenKeptMs = this.clock.monotonic();
  }

  /** Why each lane ended, for who asks later; a thousand of them are one statement. */
  private async keepEnds(): Promise<void> {
    const ends = [...this.ends];
    await this.unitOfWork.asSystem('server-state', async () => {
      await execute(
        `update server s set last_disconnect = lane.why, last_disconnect_at = lane.at,
           last_seen_at = greatest(s.last_seen_at, lane.seen_at), resource_version = txid_current()
         from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[]) as lane (uid, why, at, seen_at)
         where s.uid = lane.uid and s.removed_at is null`,
        [
          ends.map(([uid]) => uid),
          ends.map(([, { why }]) => why),
          ends.map(([, { at }]) => at),
          ends.map(([, { seenAt }]) => seenAt),
        ],
      );
      this.wake.notify('servers');
    });
    for (const [uid, end] of ends) if (this.ends.get(uid) === end) this.ends.delete(uid);
  }

  private pulseOf(serverUid: string): ServerPulse {
    const known = this.known.get(serverUid) ?? {
      pulse: new ServerPulse(undefined),
      written: Server_State.UNSPECIFIED,
    };
    this.known.set(serverUid, known);
    return known.pulse;
  }
}
