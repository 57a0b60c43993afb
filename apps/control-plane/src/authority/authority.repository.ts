import { Injectable } from '@nestjs/common';
import { newUid } from '@ostler/kernel';
import { execute, query, queryOne } from '../platform/db';

export type AuthorityRole = 'root' | 'intermediate' | 'development';

export interface AuthorityRow {
  readonly uid: string;
  readonly role: AuthorityRole;
  /** DER. */
  readonly certificate: Buffer;
  readonly sealed_key: Buffer;
  /** Of a former root: the next one signed by it, DER. Null once nobody is to trust the former one any more. */
  readonly cross_certificate: Buffer | null;
  readonly retired_at: Date | null;
}

/** Table `authority`, within the caller's unit of work. */
@Injectable()
export class AuthorityRepository {
  /** Serialises the making of the first authorities, also between processes. */
  async lock(): Promise<void> {
    await query(`select pg_advisory_xact_lock(hashtext('ostler authority'))`);
  }

  /** Those that issue, and former roots that agents may still trust; oldest first. */
  inForce(): Promise<AuthorityRow[]> {
    return query<AuthorityRow>(
      `select uid, role, certificate, sealed_key, cross_certificate, retired_at from authority
       where retired_at is null or cross_certificate is not null order by created_at, uid`,
    );
  }

  async rootsEverMade(): Promise<number> {
    const row = await queryOne<{ total: number }>(
      `select count(*)::int as total from authority where role = 'root'`,
    );
    return row?.total ?? 0;
  }

  /** From now on another one issues; says which row it was. @throws when there is none. */
  async supersede(role: AuthorityRole): Promise<string> {
    const row = await queryOne<{ uid: string }>(
      'update authority set retired_at = now() where role = $1 and retired_at is null returning uid',
      [role],
    );
    if (!row) throw new Error(`there is no ${role} that issues`);
    return row.uid;
  }

  /** The former root `uid` has signed the newer one. */
  async keepCross(uid: string, certificate: Uint8Array): Promise<void> {
    await execute('update authority set cross_certificate = $2 where uid = $1', [
      uid,
      Buffer.from(certificate),
    ]);
  }

  /** Former roots that are forgotten. */
  forgetFormerRoots(): Promise<number> {
    return execute(`update authority set cross_certificate = null where cross_certificate is not null`);
  }

  /** Servers that have not said that they trust exactly these roots, by name. */
  serversWithout(bundleSha256: Uint8Array): Promise<{ name: string }[]> {
    return query(
      `select name from server where removed_at is null and revoked_at is null
         and ca_bundle_sha256 is distinct from $1 order by name`,
      [Buffer.from(bundleSha256)],
    );
  }

  async insert(role: AuthorityRole, certificate: Uint8Array, seal: (uid: string) => Buffer): Promise<void> {
    const uid = newUid();
    await execute('insert into authority (uid, role, certificate, sealed_key) values ($1, $2, $3, $4)', [
      uid,
      role,
      Buffer.from(certificate),
      seal(uid),
    ]);
  }
}
