import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { TelemetryFrameSchema, type TelemetryFrame } from '@ostler/contracts';
import type { Database } from './database';
import type { Spool } from './store.port';

/** More than a window of the lane (1 MiB), so that a slow control plane does not stop the reader at once. */
export const SPOOL_MOST_BYTES = 4 * 1024 * 1024;

export class SqliteSpool implements Spool {
  constructor(
    private readonly db: Database,
    private readonly mostBytes = SPOOL_MOST_BYTES,
  ) {}

  hasRoom(bytes: number): boolean {
    const row = this.db.get<{ used: number }>('select coalesce(sum(length(frame)), 0) as used from spool');
    return (row?.used ?? 0) + bytes <= this.mostBytes;
  }

  append(frame: Omit<TelemetryFrame, '$typeName' | 'sequence'>): bigint {
    const operationUid = frame.batch.value?.operationUid ?? '';
    const bytes = toBinary(TelemetryFrameSchema, create(TelemetryFrameSchema, frame));
    return this.db.transaction(() => {
      this.db.run('insert into spool (operation_uid, frame) values (?, ?)', operationUid, bytes);
      return BigInt(
        this.db.get<{ sequence: number }>('select max(sequence) as sequence from spool')!.sequence,
      );
    });
  }

  after(sequence: bigint, mostBytes: number): TelemetryFrame[] {
    const frames: TelemetryFrame[] = [];
    let bytes = 0;
    for (;;) {
      const row = this.db.get<{ sequence: number; frame: Uint8Array }>(
        'select sequence, frame from spool where sequence > ? order by sequence limit 1',
        frames.at(-1)?.sequence ?? sequence,
      );
      bytes += row?.frame.byteLength ?? 0;
      if (!row || (frames.length > 0 && bytes > mostBytes)) return frames;
      frames.push({ ...fromBinary(TelemetryFrameSchema, row.frame), sequence: BigInt(row.sequence) });
    }
  }

  acknowledge(sequence: bigint): void {
    this.db.run('delete from spool where sequence <= ?', sequence);
  }

  holds(operationUid: string): boolean {
    return this.db.get('select 1 from spool where operation_uid = ? limit 1', operationUid) !== undefined;
  }
}
