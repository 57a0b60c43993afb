import { Injectable } from '@nestjs/common';
import { newUid } from '@ostler/kernel';
import { execute, query } from '../platform/db';

export type AuthorityRole = 'root' | 'intermediate' | 'development';

export interface AuthorityRow {
  readonly uid: string;
  readonly role: AuthorityRole;
  /** DER. */
  readonly certificate: Buffer;
  readonly sealed_key: Buffer;
}

/** Table `authority`, within the caller's unit of work. */
@Injectable()
export class AuthorityRepository {
  /** Serialises the making of the first authorities, also between processes. */
  async lock(): Promise<void> {
    await query(`select pg_advisory_xact_lock(hashtext('ostler authority'))`);
  }

  current(): Promise<AuthorityRow[]> {
    return query<AuthorityRow>(
      'select uid, role, certificate, sealed_key from authority where retired_at is null order by uid',
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
