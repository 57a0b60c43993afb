import { Injectable } from '@nestjs/common';
import type { Permission, Role } from '@ostler/contracts';

import { execute, query } from '../platform/db';

export interface ApiTokenRow {
  readonly uid: string;
  readonly name: string;
  readonly role: Role;
  readonly scopes: Permission[];
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
  readonly person_uid: string;
  readonly owner_email: string;
  readonly owner_role: Role;
}

export interface NewApiToken {
  readonly uid: string;
  readonly tenantUid: string;
  readonly personUid: string;
  readonly name: string;
  readonly hash: Buffer;
  readonly role: Role;
  readonly scopes: readonly Permission[];
  readonly lifetimeDays: number;
}

@Injectable()
export class ApiTokensRepository {
  /** False when a token that is not revoked has the name. */
  async insert(token: NewApiToken): Promise<boolean> {
    const inserted = await execute(
      `insert into api_token (uid, tenant_uid, person_uid, name, token_hash, role, scopes, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(days => $8))
       on conflict (tenant_uid, name) where revoked_at is null do nothing`,
      [
        token.uid,
        token.tenantUid,
        token.personUid,
        token.name,
        token.hash,
        token.role,
        token.scopes,
        token.lifetimeDays,
      ],
    );
    return inserted === 1;
  }

  /** Newest first; of one person, or of all. */
  list(tenantUid: string, personUid: string | undefined): Promise<ApiTokenRow[]> {
    return this.select('k.tenant_uid = $1 and ($2::uuid is null or k.person_uid = $2)', [
      tenantUid,
      personUid ?? null,
    ]);
  }

  async find(tenantUid: string, uid: string): Promise<ApiTokenRow | undefined> {
    return (await this.select('k.tenant_uid = $1 and k.uid = $2', [tenantUid, uid]))[0];
  }

  async revoke(uid: string): Promise<void> {
    await execute('update api_token set revoked_at = coalesce(revoked_at, now()) where uid = $1', [uid]);
  }

  private select(condition: string, parameters: readonly unknown[]): Promise<ApiTokenRow[]> {
    return query(
      `select k.uid, k.name, k.role, k.scopes, k.created_at, k.expires_at, k.last_used_at, k.revoked_at, k.person_uid,
         p.email as owner_email, m.role as owner_role
       from api_token k join person p on p.uid = k.person_uid
       join membership m on m.person_uid = k.person_uid and m.tenant_uid = k.tenant_uid
       where ${condition} order by k.uid desc`,
      parameters,
    );
  }
}
