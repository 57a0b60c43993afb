import { Injectable } from '@nestjs/common';
import { Role } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';

import { hashPassword, newFirstPassword } from '../platform/crypto';
import { execute, query, queryOne, UnitOfWork } from '../platform/db';
import { PeopleRepository } from './people.repository';
import { CallerCache } from './caller-cache';
import { SessionsRepository } from './sessions.repository';

export interface FirstLogin {
  readonly email: string;
  readonly password: string;
}

const firstTenant = 'main';

/** The first tenant and its owner, made once; and the way back in for an owner who lost the password. */
@Injectable()
export class FirstOwner {
  private wasUsed = false;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly people: PeopleRepository,
    private readonly sessions: SessionsRepository,
    private readonly cache: CallerCache,
  ) {}

  /** The first login when this is the first start; else undefined. Two processes at once make one owner. */
  async ensure(email: string): Promise<FirstLogin | undefined> {
    if (await this.tenantUid()) return undefined;
    const password = newFirstPassword();
    const passwordHash = await hashPassword(password);
    const isMade = await this.unitOfWork.asSystem('first-run', async () => {
      await query(`select pg_advisory_xact_lock(hashtext('ostler first run'))`);
      if (await queryOne('select from tenant limit 1')) return false;
      await this.make(email.toLowerCase(), passwordHash);
      return true;
    });
    return isMade ? { email: email.toLowerCase(), password } : undefined;
  }

  /** The first tenant, once there is one. */
  async tenantUid(): Promise<string | undefined> {
    const find = () =>
      queryOne<{ uid: string }>('select uid from tenant where parent_uid is null order by uid limit 1');
    return (await this.unitOfWork.asSystem('first-run', find))?.uid;
  }

  /** False until the first login was used. */
  async hasAnybodySignedIn(): Promise<boolean> {
    this.wasUsed ||= await this.unitOfWork.asSystem('first-run', () => this.people.hasAnybodySignedIn());
    return this.wasUsed;
  }

  /** A new first password for the owner (the oldest one when no e-mail is given). Ends that person's sessions. */
  async resetLogin(email: string | undefined): Promise<FirstLogin | undefined> {
    const password = newFirstPassword();
    const passwordHash = await hashPassword(password);
    return this.unitOfWork.asSystem('reset-login', async () => {
      const person = await queryOne<{ uid: string; email: string }>(
        `select p.uid, p.email from person p join membership m on m.person_uid = p.uid
         where ($1::text is null and m.role = $2) or p.email = lower($1) order by p.uid limit 1`,
        [email ?? null, Role.OWNER],
      );
      if (!person) return undefined;
      await this.people.setPassword(person.uid, passwordHash, true);
      await this.people.setDisabled(person.uid, false);
      await this.sessions.endAll(person.uid);
      await execute('delete from sign_in_failure where key = $1', [`email:${person.email}`]);
      this.cache.forgetAtCommit();
      return { email: person.email, password };
    });
  }

  private async make(email: string, passwordHash: string): Promise<void> {
    const [tenantUid, personUid] = [newUid(), newUid()];
    await execute('insert into tenant (uid, name) values ($1, $2)', [tenantUid, firstTenant]);
    await execute('insert into tenant_counter (tenant_uid) values ($1)', [tenantUid]);
    await execute('insert into installation (uid) values ($1) on conflict do nothing', [newUid()]);
    await this.people.insert({ uid: personUid, email, displayName: '', passwordHash });
    await this.people.setRole(tenantUid, personUid, Role.OWNER);
  }
}
