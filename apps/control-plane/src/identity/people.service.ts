import { Injectable } from '@nestjs/common';
import { ErrorReason, Role } from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';

import { isAbove } from '../access';
import { hashPassword, newFirstPassword } from '../platform/crypto';
import { UnitOfWork } from '../platform/db';
import { audit, currentCall } from '../platform/rpc';
import { PeopleRepository, type PersonRow } from './people.repository';
import { CallerCache } from './caller-cache';
import { SessionsRepository } from './sessions.repository';

export interface PersonChange {
  readonly uid: string;
  /** Unspecified keeps it. */
  readonly role: Role;
  readonly disabled: boolean | undefined;
  readonly resetPassword: boolean;
}

export interface PersonChanged {
  readonly person: PersonRow;
  /** Shown once; empty when no new one was made. */
  readonly firstPassword: string;
}

/** The people of a tenant. Only owners touch owners, and one owner always remains. */
@Injectable()
export class PeopleService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly people: PeopleRepository,
    private readonly sessions: SessionsRepository,
    private readonly cache: CallerCache,
  ) {}

  list(): Promise<PersonRow[]> {
    return this.people.list(currentCall().tenantUid);
  }

  async get(uid: string): Promise<PersonRow> {
    const person = await this.people.find(currentCall().tenantUid, uid);
    if (!person) throw AppError.notFound('This person');
    return person;
  }

  /** @throws AppError ALREADY_EXISTS, DENIED */
  async add(asked: { email: string; displayName: string; role: Role }): Promise<PersonChanged> {
    const email = asked.email.toLowerCase();
    audit.note({ subject: `person ${email}`, message: `added as ${Role[asked.role].toLowerCase()}` });
    refuseAboveSelf(asked.role);
    const [uid, firstPassword] = [newUid(), newFirstPassword()];
    const passwordHash = await hashPassword(firstPassword);
    await this.unitOfWork.asSystem('people', async () => {
      if (!(await this.people.insert({ uid, email, displayName: asked.displayName, passwordHash }))) {
        throw new AppError(ErrorReason.ALREADY_EXISTS, `email: ${email} belongs to somebody already.`, {
          violations: [{ field: 'email', reason: 'TAKEN', message: 'belongs to somebody already' }],
        });
      }
      await this.people.setRole(currentCall().tenantUid, uid, asked.role);
    });
    return { person: await this.get(uid), firstPassword };
  }

  /** @throws AppError NOT_FOUND, DENIED, CONFLICT for the last owner */
  async update(change: PersonChange): Promise<PersonChanged> {
    const before = await this.get(change.uid);
    audit.note({ subject: `person ${before.email}`, message: inWords(change) });
    refuseAboveSelf(before.role);
    refuseAboveSelf(change.role);
    const firstPassword = change.resetPassword ? newFirstPassword() : '';
    const passwordHash = firstPassword && (await hashPassword(firstPassword));
    await this.unitOfWork.asSystem('people', () => this.apply(before, change, passwordHash));
    this.cache.forgetAtCommit();
    return { person: await this.get(change.uid), firstPassword };
  }

  private async apply(before: PersonRow, change: PersonChange, passwordHash: string): Promise<void> {
    const { tenantUid } = currentCall();
    const stopsOwning = change.role !== Role.UNSPECIFIED && change.role !== Role.OWNER;
    if (before.role === Role.OWNER && (stopsOwning || change.disabled))
      await this.refuseLastOwner(before.uid);
    if (change.role !== Role.UNSPECIFIED) await this.people.setRole(tenantUid, before.uid, change.role);
    if (change.disabled !== undefined) await this.people.setDisabled(before.uid, change.disabled);
    if (passwordHash) await this.people.setPassword(before.uid, passwordHash, true);
    if (passwordHash || change.disabled) await this.sessions.endAll(before.uid);
  }

  private async refuseLastOwner(uid: string): Promise<void> {
    if ((await this.people.countOtherOwners(currentCall().tenantUid, uid, Role.OWNER)) > 0) return;
    throw new AppError(ErrorReason.CONFLICT, 'This is the last owner. Make somebody else an owner first.');
  }
}

function refuseAboveSelf(role: Role): void {
  const own = currentCall().role;
  if (role === Role.UNSPECIFIED || !isAbove(role, own)) return;
  throw new AppError(ErrorReason.DENIED, `Only an owner may do this to ${Role[role].toLowerCase()}s.`);
}

function inWords({ role, disabled, resetPassword }: PersonChange): string {
  const parts = [
    role === Role.UNSPECIFIED ? '' : `role ${Role[role].toLowerCase()}`,
    disabled === undefined ? '' : disabled ? 'disabled' : 'enabled',
    resetPassword ? 'password reset' : '',
  ];
  return parts.filter(Boolean).join(', ');
}
