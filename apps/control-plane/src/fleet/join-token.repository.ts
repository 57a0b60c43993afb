import { Injectable } from '@nestjs/common';
import { execute, query, queryOne } from '../platform/db';

export interface JoinTokenRow {
  readonly uid: string;
  readonly tenant_uid: string;
  readonly description: string;
  readonly labels: Record<string, string>;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly maximum_uses: number;
  readonly uses: number;
  readonly revoked_at: Date | null;
  readonly waiting_room: boolean;
  readonly replaces_server_uid: string | null;
  readonly created_by: string;
}

export interface JoinUseRow {
  readonly token_uid: string;
  /** Null when the server was removed since. */
  readonly server: string | null;
  readonly joined_at: Date;
  readonly address: string;
}

export interface NewJoinToken {
  readonly uid: string;
  readonly tenantUid: string;
  readonly hash: Buffer;
  readonly description: string;
  readonly labels: Record<string, string>;
  readonly lifetimeSeconds: number;
  readonly maximumUses: number;
  readonly waitingRoom: boolean;
  readonly replacesServerUid: string | undefined;
  readonly createdBy: string;
}

export type TakenToken = JoinTokenRow & { readonly usable: boolean };

const columns = `uid, tenant_uid, description, labels, created_at, expires_at, maximum_uses, uses, revoked_at,
  waiting_room, replaces_server_uid, created_by`;
const usable = '(revoked_at is null and expires_at > now() and uses < maximum_uses) as usable';

/** Tables `join_token` and `join_use`, within the caller's unit of work. */
@Injectable()
export class JoinTokenRepository {
  async insert(token: NewJoinToken): Promise<JoinTokenRow> {
    const row = await queryOne<JoinTokenRow>(
      `insert into join_token (uid, tenant_uid, token_hash, description, labels, expires_at, maximum_uses,
         waiting_room, replaces_server_uid, created_by)
       values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6), $7, $8, $9, $10) returning ${columns}`,
      [
        token.uid,
        token.tenantUid,
        token.hash,
        token.description,
        JSON.stringify(token.labels),
        token.lifetimeSeconds,
        token.maximumUses,
        token.waitingRoom,
        token.replacesServerUid ?? null,
        token.createdBy,
      ],
    );
    return row!;
  }

  /** Newest first; those that ended a month ago are not shown. */
  list(): Promise<JoinTokenRow[]> {
    return query(
      `select ${columns} from join_token where expires_at > now() - interval '30 days' order by uid desc limit 1000`,
    );
  }

  /** Who joined by which, oldest first. */
  uses(tokenUids: readonly string[]): Promise<JoinUseRow[]> {
    return query(
      `select u.token_uid, s.name as server, u.joined_at, u.address
       from join_use u left join server s on s.uid = u.server_uid and s.removed_at is null
       where u.token_uid = any ($1) order by u.joined_at, u.key_sha256`,
      [tokenUids],
    );
  }

  revoke(uid: string): Promise<number> {
    return execute('update join_token set revoked_at = coalesce(revoked_at, now()) where uid = $1', [uid]);
  }

  /** Locks it: parallel joins with one token go one after the other. */
  takeByHash(hash: Buffer): Promise<TakenToken | undefined> {
    return queryOne(`select ${columns}, ${usable} from join_token where token_hash = $1 for update`, [hash]);
  }

  /** Like `takeByHash`, for a server that somebody lets in. */
  take(uid: string): Promise<TakenToken | undefined> {
    return queryOne(`select ${columns}, ${usable} from join_token where uid = $1 for update`, [uid]);
  }

  /** The server that came with this token and still has this key. */
  async serverJoinedWith(
    tokenUid: string,
    keySha256: Buffer,
  ): Promise<{ uid: string; name: string } | undefined> {
    return queryOne(
      `select s.uid, s.name from join_use u join server s on s.uid = u.server_uid and s.key_sha256 = u.key_sha256
       where u.token_uid = $1 and u.key_sha256 = $2 and s.removed_at is null and s.revoked_at is null`,
      [tokenUid, keySha256],
    );
  }

  /** True when some server that was not removed has this key, or had it and must not come back with it. */
  async isKeyKnown(keySha256: Buffer): Promise<boolean> {
    const row = await queryOne(
      `select 1 from server where key_sha256 = $1 and removed_at is null
       union all select 1 from revoked_key where key_sha256 = $1`,
      [keySha256],
    );
    return row !== undefined;
  }

  async spend(token: JoinTokenRow, serverUid: string, keySha256: Buffer, address: string): Promise<void> {
    await execute(
      `insert into join_use (token_uid, key_sha256, server_uid, tenant_uid, address) values ($1, $2, $3, $4, $5)
       on conflict (token_uid, key_sha256) do update
         set server_uid = excluded.server_uid, joined_at = now(), address = excluded.address`,
      [token.uid, keySha256, serverUid, token.tenant_uid, address],
    );
    await execute('update join_token set uses = uses + 1 where uid = $1', [token.uid]);
  }
}
