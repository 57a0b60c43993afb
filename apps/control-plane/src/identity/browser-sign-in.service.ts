import { randomBytes, randomInt } from 'node:crypto';

import type { Message } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { ErrorReason, TakeBrowserSignInResponse_State as State } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { hashToken } from '../platform/crypto';
import { UnitOfWork } from '../platform/db';
import { anyCall, audit, currentCall, Mutations } from '../platform/rpc';
import { Attempts } from './attempts.service';
import { BrowserSignInRepository, type BrowserSignInRow, type TakenRow } from './browser-sign-in.repository';
import { PeopleRepository } from './people.repository';
import { type SignedIn, SignInService } from './sign-in.service';

// Without vowels no words come about, and none of these is mistaken for another one. 20^8 codes.
const letters = 'BCDFGHJKLMNPQRSTVWXZ';

export interface Begun {
  readonly secret: string;
  readonly asked: BrowserSignInRow;
}

export interface Taken {
  readonly state: State;
  readonly signedIn?: SignedIn;
}

/**
 * Lets a program act as a person who approves that in the console, so that the program never sees a password.
 *
 *     begun ──decided: yes──▶ approved ──taken──▶ gone (a session is open)
 *       │  ╲──decided: no───▶ denied ────taken──▶ gone
 *       └──ten minutes──▶ gone
 *
 * The code is what people compare; it opens nothing. The secret, which only the program has, is good for one session.
 */
@Injectable()
export class BrowserSignIns {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly mutations: Mutations,
    private readonly attempts: Attempts,
    private readonly repository: BrowserSignInRepository,
    private readonly people: PeopleRepository,
    private readonly signInService: SignInService,
  ) {}

  /** @throws AppError THROTTLED */
  async begin(program: string, computer: string): Promise<Begun> {
    const { address } = anyCall();
    await this.attempts.begin(begunFrom(address), address);
    const secret = randomBytes(32).toString('base64url');
    const wish = { secretHash: hashToken(secret), code: newCode(), program, computer, address };
    const asked = await this.unitOfWork.asSystem('sign-in', () => this.repository.insert(wish));
    if (asked) return { secret, asked };
    throw new AppError(ErrorReason.THROTTLED, 'Too many programs wait to be let in; try again later.', {
      retryAfterSeconds: 60,
    });
  }

  /** Slows down who tries codes. @throws AppError NOT_FOUND, THROTTLED */
  async find(code: string): Promise<BrowserSignInRow> {
    await this.beginTry();
    return this.unitOfWork.asSystem('sign-in', async () => {
      const row = await this.repository.findOpen(normalised(code));
      if (!row) throw unknownCode();
      await this.endTry();
      return row;
    });
  }

  /** As `find`, and decides. @throws AppError NOT_FOUND, THROTTLED, DENIED */
  async decide<T extends Message>(
    code: string,
    approve: boolean,
    answer: (row: BrowserSignInRow) => T,
  ): Promise<T> {
    await this.beginTry();
    return this.mutations.unit(async () => answer(await this.store(code, approve)));
  }

  private async store(code: string, approve: boolean): Promise<BrowserSignInRow> {
    const { personUid, tenantUid, apiTokenUid, actor } = currentCall();
    if (apiTokenUid) {
      throw new AppError(ErrorReason.DENIED, 'An API token cannot let a program in; sign in as a person.');
    }
    const wish = { approve, personUid, tenantUid };
    const row = await this.unitOfWork.asSystem('sign-in', () =>
      this.repository.decide(normalised(code), wish),
    );
    if (!row) throw unknownCode();
    audit.note({
      subject: `person ${actor}`,
      message: `${approve ? 'let in' : 'turned away'} ${row.program} on ${row.computer || 'a computer'} at ${row.address}`,
    });
    return row;
  }

  /** Hands the session out once, to who has the secret. */
  async take(secret: string): Promise<Taken> {
    const hash = hashToken(secret);
    return this.unitOfWork.asSystem('sign-in', async () => {
      const row = await this.repository.findForTaking(hash);
      if (!row) return { state: State.EXPIRED };
      if (row.approved === null) return { state: State.WAITING };
      await this.repository.remove(hash);
      return this.end(row);
    });
  }

  /** Within the unit of work that took it. Who was disabled or left the tenant meanwhile lets nobody in. */
  private async end({ approved, person_uid, tenant_uid, address }: TakenRow): Promise<Taken> {
    const person = approved ? await this.people.find(tenant_uid!, person_uid!) : undefined;
    if (!person || person.disabled) return { state: State.DENIED };
    await this.attempts.succeeded(begunFrom(address), address);
    const signedIn = await this.signInService.open({ ...person, tenant_uid: tenant_uid! });
    return { state: State.APPROVED, signedIn };
  }

  /** A try counts as a wrong one until it was right, so that parallel ones do not slip through. */
  private beginTry(): Promise<void> {
    const { actor, address } = currentCall();
    return this.attempts.begin(`codes of ${actor}`, address);
  }

  private endTry(): Promise<void> {
    const { actor, address } = currentCall();
    return this.attempts.succeeded(`codes of ${actor}`, address);
  }
}

function begunFrom(address: string): string {
  return `browser sign-in from ${address}`;
}

function newCode(): string {
  const pick = (): string => letters[randomInt(letters.length)]!;
  const four = (): string => Array.from({ length: 4 }, pick).join('');
  return `${four()}-${four()}`;
}

/** As people type it: in lower case, without the hyphen, with a space. */
function normalised(code: string): string {
  const typed = code.toUpperCase().replaceAll(/[^A-Z]/g, '');
  return `${typed.slice(0, 4)}-${typed.slice(4)}`;
}

function unknownCode(): AppError {
  return new AppError(
    ErrorReason.NOT_FOUND,
    'code: no program waits with this code. It was decided about already, or ten minutes are over: begin again.',
  );
}
