import { Injectable } from '@nestjs/common';
import type { Permission, Role } from '@ostler/contracts';

import { execute, queryOne } from '../platform/db';

/** Idle this long, a session ends. */
export const idleSeconds = 7 * 86_400;
/** However busy, it ends after this. */
export const longestSeconds = 30 * 86_400;
/** How often its use is written down. */
const touchSeconds = 300;

export interface CallerRow {
  readonly person_uid: string;
  readonly email: string;
  readonly disabled: boolean;
  readonly must_change_password: boolean;
  readonly role: Role;
  readonly tenant_uid: string;
  readonly tenant_uids: string[];
  readonly expires_at: Date;
}

export interface SessionRow extends CallerRow {
  readonly is_stale: boolean;
}

export interface TokenCallerRow extends CallerRow {
  readonly token_uid: string;
  readonly token_name: string;
  readonly token_role: Role;
  readonly scopes: Permission[];
  readonly revoked_at: Date | null;
  readonly is_stale: boolean;
}

const nested = (tenant: string): string => `array(with recursive mine as (select ${tenant} as uid
  union all select t.uid from tenant t join mine on t.parent_uid = mine.uid) select uid from mine)`;

/** Sign-in sessions, and who stands behind a session or token. */
@Injectable()
export class SessionsRepository {
  async insert(session: {
    hash: Buffer;
    personUid: string;
    tenantUid: string;
    address: string;
  }): Promise<Date> {
    const row = await queryOne<{ expires_at: Date }>(
      `insert into sign_in_session (token_hash, person_uid, tenant_uid, address, expires_at)
       values ($1, $2, $3, $4, now() + make_interval(secs => $5)) returning expires_at`,
      [session.hash, session.personUid, session.tenantUid, session.address, idleSeconds],
    );
    return row!.expires_at;
  }

  findBySession(hash: Buffer): Promise<SessionRow | undefined> {
    return queryOne(
      `select s.person_uid, p.email, p.disabled, p.must_change_password, m.role, s.tenant_uid, s.expires_at,
         s.last_used_at < now() - make_interval(secs => $2) as is_stale, ${nested('s.tenant_uid')} as tenant_uids
       from sign_in_session s join person p on p.uid = s.person_uid
       join membership m on m.person_uid = s.person_uid and m.tenant_uid = s.tenant_uid
       where s.token_hash = $1 and s.expires_at > now()`,
      [hash, touchSeconds],
    );
  }

  findByApiToken(hash: Buffer): Promise<TokenCallerRow | undefined> {
    return queryOne(
      `select k.uid as token_uid, k.name as token_name, k.role as token_role, k.scopes, k.revoked_at, k.expires_at,
         k.person_uid, p.email, p.disabled, false as must_change_password, m.role, k.tenant_uid,
         coalesce(k.last_used_at < now() - make_interval(secs => $2), true) as is_stale,
         ${nested('k.tenant_uid')} as tenant_uids
       from api_token k join person p on p.uid = k.person_uid
       join membership m on m.person_uid = k.person_uid and m.tenant_uid = k.tenant_uid
       where k.token_hash = $1`,
      [hash, touchSeconds],
    );
  }

  async touchSession(hash: Buffer): Promise<void> {
    await execute(
      `update sign_in_session set last_used_at = now(), expires_at = least(
         now() + make_interval(secs => $2), created_at + make_interval(secs => $3)) where token_hash = $1`,
      [hash, idleSeconds, longestSeconds],
    );
  }

  async touchApiToken(uid: string): Promise<void> {
    await execute('update api_token set last_used_at = now() where uid = $1', [uid]);
  }

  async end(hash: Buffer): Promise<void> {
    await execute('delete from sign_in_session where token_hash = $1', [hash]);
  }

  /** Ends every session of a person, but one. */
  async endAll(personUid: string, except?: Buffer): Promise<void> {
    await execute('delete from sign_in_session where person_uid = $1 and token_hash is distinct from $2', [
      personUid,
      except ?? null,
    ]);
  }

  async removeExpired(): Promise<void> {
    await execute('delete from sign_in_session where expires_at < now()');
    await execute(`delete from sign_in_failure where window_began_at < now() - interval '1 day'`);
  }
}
