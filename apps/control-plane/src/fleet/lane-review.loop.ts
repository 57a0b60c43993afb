import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Clock, pause, systemClock, Waker } from '@ostler/kernel';
import { type ConnectedAgent, ConnectedAgents } from '../link';
import { Vault } from '../platform/crypto';
import { query, UnitOfWork, Wake } from '../platform/db';
import { Loops } from '../platform/loops';
import { laneVerdict } from './lane-verdict';
import { rekeyNonce } from './rekey-nonce';

interface ReviewRow {
  readonly uid: string;
  readonly trusted: boolean;
  readonly held: boolean;
  readonly hello_counter: bigint;
  readonly rekey_wanted_at: Date | null;
}

/** A lost wake-up is made good after at most this long. */
const LOOK_AGAIN_MS = 10_000;
/** A crowd that comes back wakes it a thousand times: it looks no oftener than this. */
const LEAST_MS = 100;
const SOON_MS = 1000;

/**
 * Ends what this process has open of servers that are not trusted any more, and carries out what operators decided
 * about held agents, whichever process they told. A loop of its own: it may not wait behind a thousand changes of
 * state.
 */
@Injectable()
export class LaneReviewLoop implements OnModuleInit {
  private readonly waker = new Waker();
  private readonly clock: Clock = systemClock;
  private readonly toldToRekey = new WeakMap<ConnectedAgent, number>();

  constructor(
    private readonly agents: ConnectedAgents,
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly loops: Loops,
    private readonly vault: Vault,
  ) {}

  onModuleInit(): void {
    this.loops.add({ name: 'lane-review', run: (signal) => this.run(signal) });
  }

  async run(signal: AbortSignal): Promise<void> {
    const off = this.wake.on('servers', () => this.waker.poke());
    try {
      while (!signal.aborted) {
        await this.step();
        await pause(this.clock, LEAST_MS, signal);
        const tick = this.clock.after(LOOK_AGAIN_MS, () => this.waker.poke());
        await this.waker.wait(signal);
        tick.cancel();
      }
    } finally {
      off();
    }
  }

  /** One turn: everything that it does is safe to do again. */
  async step(): Promise<void> {
    const uids = this.agents.openUids();
    if (uids.length === 0) return;
    const rows = new Map((await this.read(uids)).map((row) => [row.uid, row]));
    for (const [uid, row] of rows) {
      if (!row.trusted) this.agents.disconnect(uid, 'REVOKED');
      else this.review(uid, row);
    }
  }

  /** Only those about which there is something to do: mostly none of a thousand. */
  private read(uids: readonly string[]): Promise<ReviewRow[]> {
    const counters = uids.map((uid) => this.agents.get(uid)?.counter ?? 0n);
    const held = uids.map((uid) => this.agents.held(uid).length > 0);
    return this.unitOfWork.asSystem('agent-lane', () =>
      query<ReviewRow>(
        `select lane.uid, s.uid is not null as trusted, s.hold_cause is not null as held,
           coalesce(s.hello_counter, 0) as hello_counter, s.rekey_wanted_at
         from unnest($1::uuid[], $2::bigint[], $3::boolean[]) as lane (uid, counter, is_held)
         left join server s on s.uid = lane.uid and s.removed_at is null and s.revoked_at is null
         where s.uid is null or lane.is_held or s.rekey_wanted_at is not null or s.hello_counter < lane.counter`,
        [uids, counters, held],
      ),
    );
  }

  private review(uid: string, row: ReviewRow): void {
    const letIn = this.agents.get(uid);
    for (const agent of [...(letIn ? [letIn] : []), ...this.agents.held(uid)]) {
      const isHeld = agent !== letIn;
      const rekeying = row.rekey_wanted_at !== null;
      const decided = { held: row.held, counter: row.hello_counter, rekeying };
      switch (laneVerdict(decided, { counter: agent.counter, isHeld })) {
        case 'copy':
          agent.lane.goAway('HELD', COPY, 0);
          break;
        case 'again':
          agent.lane.goAway('RESTARTING', 'An operator has decided: say hello again.', SOON_MS);
          break;
        case 'stays':
          if (!isHeld) this.tellRekey(agent, row.rekey_wanted_at);
      }
    }
  }

  private tellRekey(agent: ConnectedAgent, wantedAt: Date | null): void {
    if (!wantedAt || this.toldToRekey.get(agent) === wantedAt.getTime()) return;
    this.toldToRekey.set(agent, wantedAt.getTime());
    agent.lane.rekey(rekeyNonce(this.vault, agent.server.uid, wantedAt));
  }
}

const COPY =
  'An operator decided that this is a copy of a server. It forgets who it is; what it serves goes on. Join it with a ' +
  'token of its own to manage it.';
