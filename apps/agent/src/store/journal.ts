import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  OperationReport_State as State,
  OperationReportSchema,
  OperationStartSchema,
  type OperationReport,
  type OperationStart,
} from '@ostler/contracts';
import type { Database, Row } from './database';
import type { Journal, JournalEntry } from './store.port';

/** Ended operations whose uid is kept. */
const REMEMBERED_OPERATIONS = 1000;

interface OperationRow extends Row {
  start: Uint8Array;
  report: Uint8Array;
  begun: number;
  forgotten: number;
  shipped_bytes: number;
}

export class SqliteJournal implements Journal {
  constructor(private readonly db: Database) {}

  get(uid: string): JournalEntry | undefined {
    const row = this.db.get<OperationRow>('select * from operations where uid = ?', uid);
    return row && toEntry(row);
  }

  open(): JournalEntry[] {
    return this.db
      .all<OperationRow>('select * from operations where forgotten = 0 order by uid')
      .map(toEntry);
  }

  accept(start: OperationStart, report: OperationReport): boolean {
    return (
      this.db.run(
        'insert or ignore into operations (uid, start, report, ended) values (?, ?, ?, ?)',
        start.uid,
        toBinary(OperationStartSchema, start),
        toBinary(OperationReportSchema, report),
        isEnd(report.state) ? 1 : 0,
      ) === 1
    );
  }

  begin(report: OperationReport): void {
    this.write('update operations set report = ?, ended = ?, begun = 1 where uid = ? and ended = 0', report);
  }

  update(report: OperationReport): void {
    this.write('update operations set report = ?, ended = ? where uid = ? and ended = 0', report);
  }

  forget(uid: string): void {
    this.db.transaction(() => {
      this.db.run('update operations set forgotten = 1 where uid = ? and ended = 1', uid);
      this.db.run(
        `delete from operations where forgotten = 1
         and rowid <= (select max(rowid) from operations) - ${REMEMBERED_OPERATIONS}`,
      );
    });
  }

  shipped(uid: string, bytes: number): void {
    this.db.run('update operations set shipped_bytes = ? where uid = ?', bytes, uid);
  }

  private write(sql: string, report: OperationReport): void {
    this.db.run(sql, toBinary(OperationReportSchema, report), isEnd(report.state) ? 1 : 0, report.uid);
  }
}

/** Whether an operation in this state stays in it. */
export function isEnd(state: State): boolean {
  return state !== State.UNSPECIFIED && state !== State.ACCEPTED && state !== State.RUNNING;
}

function toEntry(row: OperationRow): JournalEntry {
  return {
    start: fromBinary(OperationStartSchema, row.start),
    report: fromBinary(OperationReportSchema, row.report),
    begun: row.begun === 1,
    forgotten: row.forgotten === 1,
    shippedBytes: row.shipped_bytes,
  };
}
