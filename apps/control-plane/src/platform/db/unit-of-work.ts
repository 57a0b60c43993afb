import { Injectable } from '@nestjs/common';
import { isUuid } from '@ostler/kernel';
import type { QueryRunner } from 'typeorm';

import { Database } from './database';
import { isWorthAnotherTry } from './pg-errors';
import { type SystemReason, systemReasons } from './system-reasons';
import { frames, type Scope, type Unit } from './unit';

const mostTries = 4;

/**
 * The only way to the database. Each unit is one transaction under `ostler_app` (the rows of some tenants)
 * or `ostler_system` (all rows, for the listed loops and doors); row-level security does the rest. A nested
 * call joins the transaction and changes the scope for its own duration. A unit is one flow: no parallel
 * queries within it.
 */
@Injectable()
export class UnitOfWork {
  constructor(private readonly database: Database) {}

  /** Runs `work` with the rows of these tenants. Within a tenant's unit they must be among its own. */
  asTenant<T>(tenantUids: readonly string[], work: () => Promise<T>): Promise<T> {
    for (const uid of tenantUids) {
      if (!isUuid(uid)) throw new Error('a tenant is named by its uid');
    }
    return this.run({ tenantUids }, work);
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

  private run<T>(scope: Scope, work: () => Promise<T>): Promise<T> {
    const outer = frames.getStore();
    return outer ? this.join(outer.unit, scope, work) : this.begin(scope, work);
  }

  private async join<T>(unit: Unit, scope: Scope, work: () => Promise<T>): Promise<T> {
    const before = unit.scope;
    const isWithin = scope.tenantUids?.every((uid) => before.tenantUids?.includes(uid) ?? true) ?? true;
    if (!isWithin) throw new Error('a tenant cannot act for a tenant that is not its own');
    // Before the first wait, so that a parallel flow is refused and never runs with the wrong role.
    unit.scope = scope;
    try {
      await applyScope(unit.runner, scope);
      const result = await frames.run({ unit, scope }, work);
      await applyScope(unit.runner, before);
      return result;
    } catch (error) {
      // After a failed statement the transaction refuses this too, and can only be rolled back.
      await applyScope(unit.runner, before).catch(() => undefined);
      throw error;
    } finally {
      unit.scope = before;
    }
  }

  private async begin<T>(scope: Scope, work: () => Promise<T>): Promise<T> {
    const runner = this.database.dataSource.createQueryRunner();
    const unit: Unit = { runner, scope, wakes: new Set(), afterCommit: [] };
    const result = await inTransaction(runner, async () => {
      await applyScope(runner, scope);
      const value = await frames.run({ unit, scope }, work);
      await sendWakes(unit);
      return value;
    });
    for (const run of unit.afterCommit) frames.exit(run);
    return result;
  }
}

async function inTransaction<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  try {
    await runner.connect();
    await runner.startTransaction();
    const hasFailed = watchFailures(runner);
    const value = await work();
    // PostgreSQL answers COMMIT of a failed transaction with success and a rollback; this it refuses.
    if (hasFailed()) await runner.query('select 1');
    await runner.commitTransaction();
    return value;
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release().catch(() => undefined);
  }
}

/** Tells whether a statement of this runner has failed, also one whose error was caught. */
function watchFailures(runner: QueryRunner): () => boolean {
  let hasFailed = false;
  const original = runner.query.bind(runner) as (...parameters: unknown[]) => Promise<unknown>;
  const watched = async (...parameters: unknown[]): Promise<unknown> => {
    try {
      return await original(...parameters);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  Object.assign(runner, { query: watched });
  return () => hasFailed;
}

/** Both settings are local to the transaction: a pooled connection keeps nothing of them. */
async function applyScope(runner: QueryRunner, scope: Scope): Promise<void> {
  const role = scope.tenantUids ? 'ostler_app' : 'ostler_system';
  const tenants = scope.tenantUids ? `{${scope.tenantUids.join(',')}}` : '';
  await runner.query(`select set_config('role', $1, true), set_config('ostler.tenants', $2, true)`, [
    role,
    tenants,
  ]);
}

async function sendWakes(unit: Unit): Promise<void> {
  if (unit.wakes.size === 0) return;
  await unit.runner.query(`select pg_notify('ostler', word) from unnest($1::text[]) as word`, [
    [...unit.wakes],
  ]);
}
