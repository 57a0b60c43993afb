import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { SCHEMA_STEPS } from './schema';

export type Row = Record<string, unknown>;

const PAGE_ROWS = 100;

/** Exit code of an agent that finds another one at work here (sysexits: EX_CANTCREAT). */
export const LOCKED_EXIT_CODE = 73;

/** Another agent holds this state folder. */
export class StoreLocked extends AppError {
  readonly exitCode = LOCKED_EXIT_CODE;

  constructor(folder: string, holder: string) {
    super(
      ErrorReason.CONFLICT,
      `Another agent${holder} works with ${folder}. Stop it, or give this one a state folder of its own (OSTLER_STATE_FOLDER).`,
    );
  }
}

/** One SQLite file with prepared statements kept, and transactions that nest by joining. */
export class Database {
  private readonly statements = new Map<string, StatementSync>();
  private depth = 0;

  /** `beforeCommit` may throw: a disk that is full, for tests. */
  constructor(
    private readonly file: DatabaseSync,
    private readonly beforeCommit: () => void = () => undefined,
  ) {
    this.migrate();
  }

  get<T extends Row>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.prepared(sql).get(...values) as T | undefined;
  }

  all<T extends Row>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.prepared(sql).all(...values) as T[];
  }

  /** Every row of a table by uid, read in parts: nothing is open in between, and little is in memory. */
  *pages<T extends Row & { uid: string }>(table: 'entries' | 'statuses'): Iterable<T> {
    for (let last = ''; ;) {
      const page = this.all<T>(`select * from ${table} where uid > ? order by uid limit ${PAGE_ROWS}`, last);
      yield* page;
      if (page.length < PAGE_ROWS) return;
      last = page.at(-1)?.uid ?? '';
    }
  }

  /** How many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.transaction(() => Number(this.prepared(sql).run(...values).changes));
  }

  transaction<T>(run: () => T): T {
    if (this.depth > 0) return run();
    this.file.exec('begin immediate');
    this.depth += 1;
    try {
      const result = run();
      this.beforeCommit();
      this.file.exec('commit');
      return result;
    } catch (error) {
      if (this.file.isTransaction) this.file.exec('rollback');
      throw error;
    } finally {
      this.depth -= 1;
    }
  }

  close(): void {
    this.statements.clear();
    this.file.close();
  }

  private prepared(sql: string): StatementSync {
    const known = this.statements.get(sql);
    if (known) return known;
    const statement = this.file.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }

  private migrate(): void {
    const row = this.file.prepare('pragma user_version').get() as { user_version: number };
    if (row.user_version > SCHEMA_STEPS.length) {
      throw new AppError(
        ErrorReason.CONFLICT,
        `The store is of version ${row.user_version}, this agent knows ${SCHEMA_STEPS.length}: it was written by a newer agent. Install that one again.`,
      );
    }
    for (let version = row.user_version; version < SCHEMA_STEPS.length; version++) {
      this.file.exec(
        `begin immediate; ${SCHEMA_STEPS[version]}; pragma user_version = ${version + 1}; commit;`,
      );
    }
  }
}

/**
 * Opens the database of a state folder, for this process alone: SQLite's exclusive locking mode holds an
 * operating-system lock that ends with the process, whatever ends it.
 */
export function openDatabaseFile(folder: string): Database {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const path = `${folder}/agent.db`;
  closeSync(openSync(path, 'a', 0o600));
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    // Before the first access: in this mode SQLite keeps the index of its log in memory, without a shared file.
    file.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
    file.exec('pragma cache_size = -512; pragma journal_size_limit = 4194304; begin exclusive; commit');
  } catch (error) {
    file.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === 5)
      throw new StoreLocked(folder, holderOf(folder));
    throw error;
  }
  writeFileSync(`${folder}/agent.pid`, `${process.pid}\n`, { mode: 0o600 });
  return new Database(file);
}

export function openMemoryDatabase(beforeCommit?: () => void): Database {
  return new Database(new DatabaseSync(':memory:'), beforeCommit);
}

function holderOf(folder: string): string {
  try {
    return ` (process ${readFileSync(`${folder}/agent.pid`, 'utf8').trim()})`;
  } catch {
    // Only for the message: it may not have written its number yet.
    return '';
  }
}
