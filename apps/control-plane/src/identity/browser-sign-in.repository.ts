import { Injectable } from '@nestjs/common';

import { execute, queryOne } from '../platform/db';

/** How long somebody may take to decide. */
const lifetimeSeconds = 600;
/** Nobody needs more at a time; it bounds what strangers can make us keep. */
const mostOpen = 1_000;

export interface BrowserSignInRow {
  readonly code: string;
  readonly program: string;
  readonly computer: string;
  readonly address: string;
  readonly created_at: Date;
  readonly expires_at: Date;
}

export interface TakenRow extends BrowserSignInRow {
  readonly approved: boolean | null;
  readonly person_uid: string | null;
  readonly tenant_uid: string | null;
}

export interface AskedSignIn {
  readonly secretHash: Buffer;
  readonly code: string;
  readonly program: string;
  readonly computer: string;
  readonly address: string;
}

const columns = 'code, program, computer, address, created_at, expires_at';

/** Programs that wait to be let in by a person in the console. */
@Injectable()
export class BrowserSignInRepository {
  /** Undefined when too many wait already, or when the code is one of theirs. */
  insert(asked: AskedSignIn): Promise<BrowserSignInRow | undefined> {
    return queryOne(
      `insert into browser_sign_in (secret_hash, code, program, computer, address, expires_at)
       select $1, $2, $3, $4, $5, now() + make_interval(secs => $6)
       where (select count(*) from browser_sign_in where expires_at > now()) < $7
       on conflict do nothing returning ${columns}`,
      [asked.secretHash, asked.code, asked.program, asked.computer, asked.address, lifetimeSeconds, mostOpen],
    );
  }

  /** One that nobody has decided about yet. */
  findOpen(code: string): Promise<BrowserSignInRow | undefined> {
    return queryOne(
      `select ${columns} from browser_sign_in where code = $1 and expires_at > now() and decided_at is null`,
      [code],
    );
  }

  /** Of two who decide at the same time one finds nothing. */
  decide(
    code: string,
    decision: { approve: boolean; personUid: string; tenantUid: string },
  ): Promise<BrowserSignInRow | undefined> {
    return queryOne(
      `update browser_sign_in set decided_at = now(), approved = $2, person_uid = $3, tenant_uid = $4
       where code = $1 and expires_at > now() and decided_at is null returning ${columns}`,
      [code, decision.approve, decision.personUid, decision.tenantUid],
    );
  }

  /** Locked until the end of the transaction: of two who take it, one gets it. */
  findForTaking(secretHash: Buffer): Promise<TakenRow | undefined> {
    return queryOne(
      `select ${columns}, approved, person_uid, tenant_uid from browser_sign_in
       where secret_hash = $1 and expires_at > now() for update`,
      [secretHash],
    );
  }

  async remove(secretHash: Buffer): Promise<void> {
    await execute('delete from browser_sign_in where secret_hash = $1', [secretHash]);
  }

  async removeExpired(): Promise<void> {
    await execute('delete from browser_sign_in where expires_at < now()');
  }
}
