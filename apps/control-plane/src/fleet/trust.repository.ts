import { Injectable } from '@nestjs/common';
import type { Hold_Cause } from '@ostler/contracts';
import { execute, prepared, query, queryOne } from '../platform/db';

export interface TrustRow {
  readonly uid: string;
  readonly tenant_uid: string;
  readonly name: string;
  readonly key_sha256: Buffer;
  readonly machine: string;
  readonly hello_counter: bigint;
  readonly revoked_at: Date | null;
  readonly hold_cause: Hold_Cause | null;
  readonly hold_message: string;
  readonly hold_counter: bigint;
  readonly rekey_wanted_at: Date | null;
  readonly ca_bundle_sha256: Buffer | null;
}

export interface NewHold {
  readonly cause: Hold_Cause;
  readonly message: string;
  readonly counter: bigint;
  readonly machine: string;
}

const columns = `uid, tenant_uid, name, key_sha256, machine, hello_counter, revoked_at, hold_cause, hold_message,
  hold_counter, rekey_wanted_at, ca_bundle_sha256`;

/** The position of a change, as everywhere in this table. */
const changed = 'resource_version = txid_current()';

/** With the epoch of everything. */
export type TakenRow = TrustRow & { readonly epoch: bigint };

const takeSql = prepared(
  `select ${columns}, (select epoch from installation) as epoch from server
   where uid = any ($1) and removed_at is null order by uid for update`,
);

/** What table `server` says of trust, and table `revoked_key`; within the caller's unit of work, as the system. */
@Injectable()
export class TrustRepository {
  async take(uid: string): Promise<TakenRow | undefined> {
    return (await this.takeAll([uid]))[0];
  }

  /**
   * Locked until the end of the unit: of two hellos at once one sees the other. In one order, so that two processes
   * never wait for each other.
   */
  takeAll(uids: readonly string[]): Promise<TakenRow[]> {
    return query(takeSql, [uids]);
  }

  /** Also of servers that were removed, which have no row here. */
  present(uids: readonly string[]): Promise<TrustRow[]> {
    return query(`select ${columns} from server where uid = any ($1) and removed_at is null`, [uids]);
  }

  async isKeyRevoked(keySha256: Buffer): Promise<boolean> {
    return (await queryOne('select 1 from revoked_key where key_sha256 = $1', [keySha256])) !== undefined;
  }

  async revokeKey(keySha256: Buffer, serverUid: string, reason: string): Promise<void> {
    await execute(
      `insert into revoked_key (key_sha256, server_uid, reason) values ($1, $2, $3) on conflict do nothing`,
      [keySha256, serverUid, reason],
    );
  }

  async revoke(uid: string, reason: string): Promise<void> {
    await execute(
      `update server set revoked_at = now(), revoked_reason = $2, hold_cause = null, hold_message = '',
         hold_since = null, rekey_wanted_at = null, ${changed} where uid = $1`,
      [uid, reason],
    );
  }

  /** The first of its holds tells since when; the last one what was seen. */
  async hold(uid: string, { cause, message, counter, machine }: NewHold): Promise<void> {
    await execute(
      `update server set hold_cause = $2, hold_message = $3, hold_since = coalesce(hold_since, now()),
         hold_counter = $4, hold_machine = $5, ${changed} where uid = $1`,
      [uid, cause, message, counter, machine],
    );
  }

  /** Ends the hold. `counter`: a hello must be above it from now on; undefined leaves what there is. */
  async decide(uid: string, counter: bigint | undefined, rekey: boolean): Promise<void> {
    await execute(
      `update server set hold_cause = null, hold_message = '', hold_since = null,
         hello_counter = coalesce($2, hello_counter),
         stored_epoch = case when $2 is null then stored_epoch else 0 end,
         stored_revision = case when $2 is null then stored_revision else 0 end,
         rekey_wanted_at = case when $3 then now() else rekey_wanted_at end, ${changed} where uid = $1`,
      [uid, counter ?? null, rekey],
    );
  }

  async replaceKey(uid: string, keySha256: Buffer): Promise<void> {
    await execute(`update server set key_sha256 = $2, rekey_wanted_at = null, ${changed} where uid = $1`, [
      uid,
      keySha256,
    ]);
  }

  async bundleStored(uid: string, bundleSha256: Buffer): Promise<void> {
    await execute('update server set ca_bundle_sha256 = $2 where uid = $1', [uid, bundleSha256]);
  }
}
