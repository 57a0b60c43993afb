import { AsyncLocalStorage } from 'node:async_hooks';

import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import type { EntityManager, QueryRunner } from 'typeorm';

/** What a unit of work may see: the rows of these tenants, or (undefined) every row, as the system. */
export type Scope = { readonly tenantUids: readonly string[] } | { readonly tenantUids: undefined };

/** One transaction and what is to happen with it. */
export interface Unit {
  /** Of the runner; queries go to it directly. */
  readonly client: PoolClient;
  readonly runner: QueryRunner;
  /** Changes while a nested call acts with another scope. */
  scope: Scope;
  readonly wakes: Set<string>;
  readonly afterCommit: (() => void)[];
  /** Answers that are heard with that of the commit. */
  readonly heardAtCommit: Promise<unknown>[];
  /** False behind a pooler, where the next transaction may be on another connection. */
  readonly keepsPlans: boolean;
}

/** A statement whose plan every connection keeps. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

let preparedCount = 0;

/**
 * For statements that run all the time: planning them under row-level security takes longer than running
 * them. Made once, where a module is loaded; the text is constant.
 */
export function prepared(text: string): Prepared {
  return { name: `ostler_${++preparedCount}`, text };
}

type Statement = string | Prepared;

interface Frame {
  readonly unit: Unit;
  readonly scope: Scope;
}

export const frames = new AsyncLocalStorage<Frame>();

/** The unit that this code runs in. @throws when there is none, or when a parallel flow changed its scope. */
function currentUnit(): Unit {
  const frame = frames.getStore();
  if (!frame) throw new Error('no unit of work: call unitOfWork.asTenant or asSystem around this');
  if (frame.unit.scope !== frame.scope) {
    throw new Error('a unit of work is one flow: a nested asTenant or asSystem runs in parallel with this');
  }
  return frame.unit;
}

/** The TypeORM manager of this unit of work, for repositories. */
export function manager(): EntityManager {
  return currentUnit().runner.manager;
}

/** Rows of a statement in this unit of work. bigint comes as bigint, bytea as Buffer, timestamptz as Date. */
export async function query<Row>(sql: Statement, parameters: readonly unknown[] = []): Promise<Row[]> {
  return (await send(sql, parameters)).rows as Row[];
}

/** The first row of a statement in this unit of work, if there is one. */
export async function queryOne<Row>(
  sql: Statement,
  parameters: readonly unknown[] = [],
): Promise<Row | undefined> {
  return (await query<Row>(sql, parameters))[0];
}

/** Runs a statement in this unit of work and tells how many rows it touched. */
export async function execute(sql: Statement, parameters: readonly unknown[] = []): Promise<number> {
  return (await send(sql, parameters)).rowCount ?? 0;
}

/**
 * Runs a statement in this unit of work and hears its answer with that of the commit, which saves a round
 * trip. Its failure fails the unit. For the last ones, when nothing depends on what they touched.
 */
export function executeWithCommit(sql: Statement, parameters: readonly unknown[] = []): void {
  void queryWithCommit(sql, parameters);
}

/** The same for rows that are read after the unit: `await` them there, or the commit waits for them. */
export function queryWithCommit<Row>(sql: Statement, parameters: readonly unknown[] = []): Promise<Row[]> {
  const rows = query<Row>(sql, parameters);
  rows.catch(() => undefined);
  currentUnit().heardAtCommit.push(rows);
  return rows;
}

/** Statements that are sent before the answers of earlier ones have come run in the order of sending. */
function send(sql: Statement, parameters: readonly unknown[]): Promise<QueryResult> {
  const { client, keepsPlans } = currentUnit();
  const values = [...parameters];
  if (typeof sql === 'string') return client.query<QueryResultRow>(sql, values);
  return client.query<QueryResultRow>(keepsPlans ? { ...sql, values } : { text: sql.text, values });
}

/** Runs once this unit of work is committed, outside of it; never when it is rolled back. */
export function afterCommit(run: () => void): void {
  currentUnit().afterCommit.push(run);
}

/** Wakes whoever waits for this word, in every process, once this unit of work is committed. */
export function wakeAtCommit(word: string): void {
  currentUnit().wakes.add(word);
}

/** True within a unit of work. */
export function isInUnit(): boolean {
  return frames.getStore() !== undefined;
}
