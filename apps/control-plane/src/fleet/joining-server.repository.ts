import { Injectable } from '@nestjs/common';
import { execute, queryOne } from '../platform/db';
import type { JoinTokenRow } from './join-token.repository';

/** What a machine that joins says of itself, and the key that it proved to have. */
export interface JoiningMachine {
  readonly keySha256: Buffer;
  readonly name: string;
  readonly agentVersion: string;
  readonly machine: string;
  /** Where it called from. */
  readonly address: string;
}

export interface JoinedServer {
  readonly uid: string;
  readonly name: string;
}

/** Table `server` as joining changes it, within the caller's unit of work, as the system. */
@Injectable()
export class JoiningServerRepository {
  async insert(
    { uid, name }: JoinedServer,
    token: JoinTokenRow,
    { keySha256, agentVersion }: JoiningMachine,
  ): Promise<void> {
    await execute(
      `insert into server (uid, tenant_uid, name, labels, agent_version, key_sha256, resource_version)
       values ($1, $2, $3, $4, $5, $6, txid_current())`,
      [uid, token.tenant_uid, name, JSON.stringify(token.labels), agentVersion, keySha256],
    );
  }

  /** Locked until the end of the unit; undefined when it was removed. */
  takeForReplacement(uid: string): Promise<(JoinedServer & { readonly key_sha256: Buffer }) | undefined> {
    return queryOne(
      'select uid, name, key_sha256 from server where uid = $1 and removed_at is null for update',
      [uid],
    );
  }

  /**
   * Another machine is this server from now on. It holds nothing and has counted nothing: it gets the whole
   * manifest. The key of the machine before is never let in again. Its state is not written here: it follows from
   * the lanes.
   */
  async replaceMachine(
    uid: string,
    oldKeySha256: Buffer,
    { keySha256, agentVersion, machine }: JoiningMachine,
  ): Promise<void> {
    await execute(
      `insert into revoked_key (key_sha256, server_uid, reason) values ($1, $2, $3) on conflict do nothing`,
      [oldKeySha256, uid, 'its server was replaced by another machine'],
    );
    await execute(
      `update server set key_sha256 = $2, agent_version = $3, machine = $4, hello_counter = 0, stored_epoch = 0,
         stored_revision = 0, revoked_at = null, revoked_reason = '', hold_cause = null, hold_message = '',
         hold_since = null, rekey_wanted_at = null, ca_bundle_sha256 = null, certificate_expires_at = null, report = null, last_seen_at = null,
         last_disconnect = '', last_disconnect_at = null, joined_at = now(),
         resource_version = txid_current()
       where uid = $1`,
      [uid, keySha256, agentVersion, machine],
    );
    await execute('delete from placement_status where server_uid = $1', [uid]);
    await execute('delete from orphaned_resource where server_uid = $1', [uid]);
  }
}
