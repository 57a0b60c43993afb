import { Injectable } from '@nestjs/common';
import { newUid } from '@ostler/kernel';
import { execute, query, queryOne } from '../platform/db';
import type { JoinTokenRow } from './join-token.repository';
import type { JoiningMachine } from './joining-server.repository';

export interface WaitingRow {
  readonly uid: string;
  readonly tenant_uid: string;
  readonly token_uid: string;
  readonly key_sha256: Buffer;
  readonly name: string;
  readonly hostname: string;
  readonly address: string;
  readonly agent_version: string;
  readonly machine: string;
  readonly asked_at: Date;
  readonly last_asked_at: Date;
  readonly decided_at: Date | null;
  /** Null in spite of `decided_at`: it gave up. */
  readonly let_in: boolean | null;
  readonly description: string;
}

const columns = `w.uid, w.tenant_uid, w.token_uid, w.key_sha256, w.name, w.hostname, w.address, w.agent_version,
  w.machine, w.asked_at, w.last_asked_at, w.decided_at, w.let_in, t.description`;
const from = 'from waiting_server w join join_token t on t.uid = w.token_uid';
const changed = 'resource_version = txid_current()';

/** Table `waiting_server`, within the caller's unit of work. */
@Injectable()
export class WaitingRoomRepository {
  /** Those that nobody decided about, oldest first. */
  waiting(): Promise<WaitingRow[]> {
    return query(
      `select ${columns} ${from} where w.decided_at is null order by w.asked_at, w.uid limit 1000`,
    );
  }

  /** What changed at or after a position; what it tells twice is the same. */
  changedSince(version: bigint): Promise<WaitingRow[]> {
    return query(
      `select ${columns} ${from}
       where w.resource_version >= $1 and ($1 > 0 or w.decided_at is null) order by w.asked_at, w.uid`,
      [version],
    );
  }

  find(uid: string): Promise<WaitingRow | undefined> {
    return queryOne(`select ${columns} ${from} where w.uid = $1`, [uid]);
  }

  findByKey(tokenUid: string, keySha256: Buffer): Promise<WaitingRow | undefined> {
    return queryOne(`select ${columns} ${from} where w.token_uid = $1 and w.key_sha256 = $2`, [
      tokenUid,
      keySha256,
    ]);
  }

  async countWaiting(tokenUid: string): Promise<number> {
    const row = await queryOne<{ total: number }>(
      'select count(*)::int as total from waiting_server where token_uid = $1 and decided_at is null',
      [tokenUid],
    );
    return row?.total ?? 0;
  }

  async insert(token: JoinTokenRow, machine: JoiningMachine, hostname: string): Promise<void> {
    await execute(
      `insert into waiting_server (uid, tenant_uid, token_uid, key_sha256, name, hostname, address, agent_version,
         machine, resource_version)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, txid_current())`,
      [
        newUid(),
        token.tenant_uid,
        token.uid,
        machine.keySha256,
        machine.name,
        hostname,
        machine.address,
        machine.agentVersion,
        machine.machine,
      ],
    );
  }

  /** Every few seconds for each that waits, so it is no change for watchers. */
  async askedAgain(uid: string, address: string): Promise<void> {
    await execute('update waiting_server set last_asked_at = now(), address = $2 where uid = $1', [
      uid,
      address,
    ]);
  }

  /** It had given up, and nobody decided about it. */
  async cameBack(uid: string, address: string): Promise<void> {
    await execute(
      `update waiting_server set decided_at = null, last_asked_at = now(), address = $2, ${changed} where uid = $1`,
      [uid, address],
    );
  }

  /** Takes those off the list that have not asked for so long; how many. */
  giveUp(silentMinutes: number): Promise<number> {
    return execute(
      `update waiting_server set decided_at = now(), ${changed}
       where decided_at is null and last_asked_at < now() - make_interval(mins => $1)`,
      [silentMinutes],
    );
  }

  /** Of two decisions at once one is made. */
  async decide(uid: string, letIn: boolean): Promise<boolean> {
    const decided = await execute(
      `update waiting_server set decided_at = now(), let_in = $2, ${changed} where uid = $1 and decided_at is null`,
      [uid, letIn],
    );
    return decided > 0;
  }
}
