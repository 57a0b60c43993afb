import { Injectable } from '@nestjs/common';
import type { Role } from '@ostler/contracts';

import { execute, query, queryOne } from '../platform/db';

export interface PersonRow {
  readonly uid: string;
  readonly email: string;
  readonly display_name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly must_change_password: boolean;
  readonly created_at: Date;
  readonly last_sign_in_at: Date | null;
}

export interface CredentialsRow extends PersonRow {
  readonly password_hash: string;
  readonly tenant_uid: string;
}

const columns = `p.uid, p.email, p.display_name, m.role, p.disabled, p.must_change_password, p.created_at,
  p.last_sign_in_at`;

/** People and their membership in tenants. Changes need the system role: people are global. */
@Injectable()
export class PeopleRepository {
  list(tenantUid: string): Promise<PersonRow[]> {
    return query(
      `select ${columns} from person p join membership m on m.person_uid = p.uid
       where m.tenant_uid = $1 order by p.email`,
      [tenantUid],
    );
  }

  find(tenantUid: string, uid: string): Promise<PersonRow | undefined> {
    return queryOne(
      `select ${columns} from person p join membership m on m.person_uid = p.uid
       where m.tenant_uid = $1 and p.uid = $2`,
      [tenantUid, uid],
    );
  }

  /** By e-mail, with the tenant that the person joined first. */
  findCredentials(email: string): Promise<CredentialsRow | undefined> {
    return queryOne(
      `select ${columns}, p.password_hash, m.tenant_uid from person p join membership m on m.person_uid = p.uid
       join tenant t on t.uid = m.tenant_uid where p.email = $1 order by t.uid limit 1`,
      [email],
    );
  }

  async passwordHash(uid: string): Promise<string | undefined> {
    const row = await queryOne<{ password_hash: string }>('select password_hash from person where uid = $1', [
      uid,
    ]);
    return row?.password_hash;
  }

  /** False when the e-mail is taken. */
  async insert(person: {
    uid: string;
    email: string;
    displayName: string;
    passwordHash: string;
  }): Promise<boolean> {
    const inserted = await execute(
      `insert into person (uid, email, display_name, password_hash, must_change_password)
       values ($1, $2, $3, $4, true) on conflict (email) do nothing`,
      [person.uid, person.email, person.displayName, person.passwordHash],
    );
    return inserted === 1;
  }

  async setRole(tenantUid: string, personUid: string, role: Role): Promise<void> {
    await execute(
      `insert into membership (tenant_uid, person_uid, role) values ($1, $2, $3)
       on conflict (tenant_uid, person_uid) do update set role = excluded.role`,
      [tenantUid, personUid, role],
    );
  }

  async setDisabled(uid: string, disabled: boolean): Promise<void> {
    await execute('update person set disabled = $2 where uid = $1', [uid, disabled]);
  }

  async setPassword(uid: string, passwordHash: string, mustChange: boolean): Promise<void> {
    await execute('update person set password_hash = $2, must_change_password = $3 where uid = $1', [
      uid,
      passwordHash,
      mustChange,
    ]);
  }

  async noteSignIn(uid: string): Promise<void> {
    await execute('update person set last_sign_in_at = now() where uid = $1', [uid]);
  }

  /** Enabled owners other than this person. Two who step down at once wait here for each other. */
  async countOtherOwners(tenantUid: string, uid: string, owner: Role): Promise<number> {
    await query('select from tenant where uid = $1 for update', [tenantUid]);
    const row = await queryOne<{ owners: number }>(
      `select count(*)::int as owners from membership m join person p on p.uid = m.person_uid
       where m.tenant_uid = $1 and m.role = $2 and p.uid <> $3 and not p.disabled`,
      [tenantUid, owner, uid],
    );
    return row?.owners ?? 0;
  }

  async hasAnybodySignedIn(): Promise<boolean> {
    return (await queryOne('select from person where last_sign_in_at is not null limit 1')) !== undefined;
  }
}
