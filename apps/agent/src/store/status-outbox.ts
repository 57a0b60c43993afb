import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { PlacementReportSchema, type PlacementReport } from '@ostler/contracts';
import type { Database, Row } from './database';
import type { StatusOutbox } from './store.port';

interface StatusRow extends Row {
  uid: string;
  report: Uint8Array;
}

export class SqliteStatusOutbox implements StatusOutbox {
  constructor(private readonly db: Database) {}

  of(uid: string): PlacementReport | undefined {
    const row = this.db.get<{ report: Uint8Array }>('select report from statuses where uid = ?', uid);
    return row && fromBinary(PlacementReportSchema, row.report);
  }

  *all(): Iterable<PlacementReport> {
    for (const { report } of this.db.pages<StatusRow>('statuses'))
      yield fromBinary(PlacementReportSchema, report);
  }

  put(reports: readonly PlacementReport[]): void {
    if (reports.length === 0) return;
    this.db.transaction(() => {
      for (const report of reports) {
        this.db.run("update counters set value = value + 1 where name = 'status_sequence'");
        this.db.run(
          'insert or replace into statuses values (?, ?, ?)',
          report.uid,
          toBinary(PlacementReportSchema, report),
          this.counter('status_sequence'),
        );
      }
    });
  }

  pending(mostBytes: number): { sequence: bigint; placements: PlacementReport[] } {
    const acknowledged = this.counter('status_acknowledged');
    const rows = this.db.all<{ report: Uint8Array; sequence: number }>(
      `select report, sequence from (
         select report, sequence, sum(length(report)) over (order by sequence) as total
         from statuses where sequence > ?
       ) where total - length(report) = 0 or total <= ? order by sequence`,
      acknowledged,
      mostBytes,
    );
    const placements = rows.map(({ report }) => fromBinary(PlacementReportSchema, report));
    return { sequence: BigInt(rows.at(-1)?.sequence ?? acknowledged), placements };
  }

  acknowledge(sequence: bigint): void {
    if (sequence > BigInt(this.counter('status_sequence'))) return;
    this.db.run(
      "update counters set value = ? where name = 'status_acknowledged' and value < ?",
      sequence,
      sequence,
    );
  }

  private counter(name: string): number {
    return this.db.get<{ value: number }>('select value from counters where name = ?', name)?.value ?? 0;
  }
}
