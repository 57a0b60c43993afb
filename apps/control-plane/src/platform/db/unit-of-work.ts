import { Injectable } from '@nestjs/common';
import { isUuid } from '@ostler/kernel';
import type { PoolClient, QueryResult } from 'pg';

import { Database } from './database';
import { isWorthAnotherTry } from './pg-errors';
import { type SystemReason, systemReasons } from './system-reasons';
import { frames, type Scope, type Unit } from './unit';

const mostTries = 4;

/**
 * The only way to the database. Each unit is one transaction under `ostler_app` (the rows of some tenants)
 * or `ostler_system` (all rows, for the listed loops and doors); row-level security does the rest. A nested
 * call joins the transaction and changes the scope for its own duration. A unit is one flow: queries that
 * are sent together run in their order, and the scope stays as it is meanwhile.
 */
@Injectable()
export class UnitOfWork {
  constructor(private readonly database: Database) {}

  /** Runs `work` with the rows of these tenants. Within a tenant's unit they must be among its own. */
  asTenant<T>(tenantUids: readonly string[], work: () => Promise<T>): Promise<T> {
    checkUids(tenantUids);
    return this.run({ tenantUids }, work);
  }

  /**
   * The same for a call that changes nothing: PostgreSQL refuses to write in it, so that the end of the
   * transaction is not waited for.
   */
  readAsTenant<T>(tenantUids: readonly string[], work: () => Promise<T>): Promise<T> {
    checkUids(tenantUids);
    return this.run({ tenantUids }, work, 'read only');
  }

  /** Runs `work` with every row. A loop's unit is run again after a serialization failure or a deadlock. */
  async asSystem<T>(reason: SystemReason, work: () => Promise<T>): Promise<T> {
    const tries = systemReasons[reason].loop && !frames.getStore() ? mostTries : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.run({ tenantUids: undefined }, work);
      } catch (error) {
        if (attempt >= tries || !isWorthAnotherTry(error)) throw error;
      }
    }
  }

  private run<T>(scope: Scope, work: () => Promise<T>, access: Access = 'read write'): Promise<T> {
    const outer = frames.getStore();
    return outer ? this.join(outer.unit, scope, work) : this.begin(scope, work, access);
  }

  private async join<T>(unit: Unit, scope: Scope, work: () => Promise<T>): Promise<T> {
    const before = unit.scope;
    if (isSame(before, scope)) return work();
    const isWithin = scope.tenantUids?.every((uid) => before.tenantUids?.includes(uid) ?? true) ?? true;
    if (!isWithin) throw new Error('a tenant cannot act for a tenant that is not its own');
    // Before the first wait, so that a parallel flow is refused and never runs with the wrong role.
    unit.scope = scope;
    try {
      changeScope(unit, scope);
      const result = await frames.run({ unit, scope }, work);
      changeScope(unit, before);
      return result;
    } catch (error) {
      // After a failed statement the transaction refuses this too, and can only be rolled back.
      await unit.client.query(setScope(before)).catch(() => undefined);
      throw error;
    } finally {
      unit.scope = before;
    }
  }

  private async begin<T>(scope: Scope, work: () => Promise<T>, access: Access): Promise<T> {
    const runner = this.database.dataSource.createQueryRunner();
    let end = (): void => void runner.release().catch(() => undefined);
    try {
      const client = (await runner.connect()) as PoolClient;
      const { keepsPlans } = this.database;
      const lists = { wakes: new Set<string>(), afterCommit: [], heardAtCommit: [] };
      const unit: Unit = { client, runner, scope, keepsPlans, ...lists };
      const result = await inTransaction(unit, work, access);
      if (access === 'read only') end = endsLater(unit, end);
      for (const run of unit.afterCommit) frames.exit(run);
      return result;
    } finally {
      end();
    }
  }
}

/**
 * Nobody waits for the end of a transaction that changed nothing, so the answer to the caller goes first: the
 * end is sent in the next turn of the event loop. There is nothing to lose: should it fail, the connection is
 * broken, and the pool drops it.
 */
function endsLater({ client }: Unit, release: () => void): () => void {
  return () =>
    void setImmediate(() => {
      client.query('commit').catch(() => undefined);
      release();
    });
}

type Access = 'read only' | 'read write';

function checkUids(tenantUids: readonly string[]): void {
  for (const uid of tenantUids) {
    if (!isUuid(uid)) throw new Error('a tenant is named by its uid');
  }
}

async function inTransaction<T>(unit: Unit, work: () => Promise<T>, access: Access): Promise<T> {
  const { client, runner, scope } = unit;
  // Sent together with the first statement. Should it fail, those behind it find a transaction that is
  // aborted, or the role of a new connection, which sees and writes nothing (database.ts).
  const begun = client.query(`begin ${access}; ${setScope(scope)}`);
  begun.catch(() => undefined);
  unit.heardAtCommit.push(begun);
  try {
    // TypeORM is told, so that a save of its own joins this transaction.
    Object.assign(runner, { isTransactionActive: true });
    const value = await frames.run({ unit, scope }, work);
    if (access === 'read write') await commit(unit);
    return value;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    await begun;
    throw error;
  } finally {
    Object.assign(runner, { isTransactionActive: false });
  }
}

/** Not waited for: should it fail, the transaction is aborted and refuses what comes behind it. */
function changeScope({ client, heardAtCommit }: Unit, scope: Scope): void {
  const changed = client.query(setScope(scope));
  changed.catch(() => undefined);
  heardAtCommit.push(changed);
}

function isSame(one: Scope, other: Scope): boolean {
  return one.tenantUids?.join() === other.tenantUids?.join();
}

/**
 * Both settings are local to the transaction: a pooled connection keeps nothing of them. The tenants were
 * checked to be uids, so they can stand in the text.
 */
function setScope({ tenantUids }: Scope): string {
  const role = tenantUids ? 'ostler_app' : 'ostler_system';
  const tenants = tenantUids ? `{${tenantUids.join(',')}}` : '';
  return `select set_config('role', '${role}', true), set_config('ostler.tenants', '${tenants}', true)`;
}

/** With the wake-ups in one round trip. Their words are our own, so they can stand in the text. */
async function commit({ client, wakes, heardAtCommit }: Unit): Promise<void> {
  const notify = [...wakes].map((word) => `select pg_notify('ostler', '${word}'); `);
  const sent = client.query(`${notify.join('')}commit`);
  sent.catch(() => undefined);
  await Promise.all(heardAtCommit);
  const answer: QueryResult | QueryResult[] = await sent;
  const last = Array.isArray(answer) ? answer.at(-1) : answer;
  // PostgreSQL answers COMMIT of a failed transaction with success and a rollback.
  if (last?.command !== 'COMMIT')
    throw new Error('a statement failed in this unit of work, and its error was swallowed');
}
