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
}

export interface NewJoinToken {
  readonly uid: string;
  readonly tenantUid: string;
  readonly hash: Buffer;
  readonly description: string;
  readonly labels: Record<string, string>;
  readonly lifetimeSeconds: number;
  readonly maximumUses: number;
}

const columns =
  'uid, tenant_uid, description, labels, created_at, expires_at, maximum_uses, uses, revoked_at';

/** Tables `join_token` and `join_use`, within the caller's unit of work. */
@Injectable()
export class JoinTokenRepository {
  async insert(token: NewJoinToken): Promise<JoinTokenRow> {
    const row = await queryOne<JoinTokenRow>(
      `insert into join_token (uid, tenant_uid, token_hash, description, labels, expires_at, maximum_uses)
       values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6), $7) returning ${columns}`,
      [
        token.uid,
        token.tenantUid,
        token.hash,
        token.description,
        JSON.stringify(token.labels),
        token.lifetimeSeconds,
        token.maximumUses,
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

  revoke(uid: string): Promise<number> {
    return execute('update join_token set revoked_at = coalesce(revoked_at, now()) where uid = $1', [uid]);
  }

  /** Locks it: parallel joins with one token go one after the other. */
  takeByHash(hash: Buffer): Promise<(JoinTokenRow & { readonly usable: boolean }) | undefined> {
    return queryOne(
      `select ${columns}, (revoked_at is null and expires_at > now() and uses < maximum_uses) as usable
       from join_token where token_hash = $1 for update`,
      [hash],
    );
  }

  async serverJoinedWith(
    tokenUid: string,
    keySha256: Buffer,
  ): Promise<{ uid: string; name: string } | undefined> {
    return queryOne(
      `select s.uid, s.name from join_use u join server s on s.uid = u.server_uid
       where u.token_uid = $1 and u.key_sha256 = $2 and s.removed_at is null`,
      [tokenUid, keySha256],
    );
  }

  /** True when some server that was not removed has this key. */
  async isKeyInUse(keySha256: Buffer): Promise<boolean> {
    const row = await queryOne('select 1 from server where key_sha256 = $1 and removed_at is null', [
      keySha256,
    ]);
    return row !== undefined;
  }

  async addServer(
    token: JoinTokenRow,
    server: { uid: string; name: string; keySha256: Buffer; agentVersion: string },
  ) {
    await execute(
      `insert into server (uid, tenant_uid, name, labels, agent_version, key_sha256, resource_version)
       values ($1, $2, $3, $4, $5, $6, txid_current())`,
      [
        server.uid,
        token.tenant_uid,
        server.name,
        JSON.stringify(token.labels),
        server.agentVersion,
        server.keySha256,
      ],
    );
    await execute(
      `insert into join_use (token_uid, key_sha256, server_uid, tenant_uid) values ($1, $2, $3, $4)
       on conflict (token_uid, key_sha256) do update set server_uid = excluded.server_uid, joined_at = now()`,
      [token.uid, server.keySha256, server.uid, token.tenant_uid],
    );
    await execute('update join_token set uses = uses + 1 where uid = $1', [token.uid]);
  }
}
