import { Injectable } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { hashPassword, hashToken, newToken, verifyPassword } from '../platform/crypto';
import { UnitOfWork } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { anyCall, AuditSink, currentCall } from '../platform/rpc';
import { Attempts } from './attempts.service';
import { CallerCache } from './caller-cache';
import { PeopleRepository, type PersonRow } from './people.repository';
import { SessionsRepository } from './sessions.repository';

export interface SignedIn {
  readonly person: PersonRow;
  readonly token: string;
  readonly expiresAt: Date;
}

/** Sign-in, sign-out and the change of one's own password. Passwords are compared outside of transactions. */
@Injectable()
export class SignInService {
  private readonly decoy = hashPassword('nobody has this password');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly people: PeopleRepository,
    private readonly sessions: SessionsRepository,
    private readonly attempts: Attempts,
    private readonly sink: AuditSink,
    private readonly cache: CallerCache,
  ) {}

  /** @throws AppError UNAUTHENTICATED, THROTTLED */
  async signIn(email: string, password: string): Promise<SignedIn> {
    const call = anyCall();
    await this.attempts.begin(email, call.address);
    const person = await this.unitOfWork.asSystem('sign-in', () => this.people.findCredentials(email));
    call.auditTenantUid = person?.tenant_uid;
    call.notes.push({ subject: `person ${email}` });
    // The same work for a person who does not exist, so that time does not tell.
    const isRight = await verifyPassword(password, person?.password_hash ?? (await this.decoy));
    if (!person || !isRight || person.disabled) {
      throw new AppError(ErrorReason.UNAUTHENTICATED, 'This e-mail and password do not fit together.');
    }
    const signedIn = await this.unitOfWork.asSystem('sign-in', () => this.open(person));
    failpoint('session.committed');
    return signedIn;
  }

  /** Ends the session that was used. */
  async signOut(): Promise<void> {
    const { sessionHash } = currentCall();
    if (!sessionHash) throw noSession('sign out');
    await this.unitOfWork.asSystem('people', () => this.sessions.end(sessionHash));
    this.cache.forgetAtCommit();
  }

  /** The hash of one's own new password, once the present one fits. @throws AppError INVALID, THROTTLED, DENIED */
  async prepareChange(current: string, wanted: string): Promise<string> {
    const { personUid, actor, address, sessionHash } = currentCall();
    if (!sessionHash) throw noSession('change a password');
    await this.attempts.begin(actor, address);
    const stored = await this.unitOfWork.asSystem('people', () => this.people.passwordHash(personUid));
    if (!stored || !(await verifyPassword(current, stored))) {
      throw AppError.invalid('currentPassword', 'WRONG', 'is not your present password');
    }
    if (wanted.normalize('NFKC') === current.normalize('NFKC')) {
      throw AppError.invalid('newPassword', 'UNCHANGED', 'is your present password; choose another one');
    }
    return hashPassword(wanted);
  }

  /** Stores it and ends one's other sessions, within the unit of work of the call. */
  async storePassword(passwordHash: string): Promise<void> {
    const { personUid, actor, address, sessionHash } = currentCall();
    await this.unitOfWork.asSystem('people', async () => {
      await this.people.setPassword(personUid, passwordHash, false);
      await this.sessions.endAll(personUid, sessionHash);
      await this.attempts.succeeded(actor, address);
    });
    this.cache.forgetAtCommit();
  }

  /** Opens a session, within the unit of work that found out who it is for. */
  async open(person: PersonRow & { readonly tenant_uid: string }): Promise<SignedIn> {
    const { address, service, method, requestId } = anyCall();
    const token = newToken('session');
    const session = { hash: hashToken(token), personUid: person.uid, tenantUid: person.tenant_uid, address };
    const expiresAt = await this.sessions.insert(session);
    await this.people.noteSignIn(person.uid);
    await this.attempts.succeeded(person.email, address);
    await this.sink.append([
      {
        tenantUid: person.tenant_uid,
        actor: person.email,
        actorUid: person.uid,
        method: `${service.typeName}/${method.name}`,
        outcome: 'done',
        reason: ErrorReason.UNSPECIFIED,
        subject: `person ${person.email}`,
        requestId,
        address,
      },
    ]);
    failpoint('session.written');
    return { person: { ...person, last_sign_in_at: new Date() }, token, expiresAt };
  }
}

function noSession(what: string): AppError {
  return new AppError(ErrorReason.DENIED, `An API token cannot ${what}; sign in as a person.`);
}
