import { Injectable } from '@nestjs/common';
import type { TelemetryFrame } from '@ostler/contracts';
import { isUuid } from '@ostler/kernel';
import { execute, query } from '../platform/db';

export interface OutputRow {
  readonly offset: bigint;
  /** Null: `lost_bytes` were lost here. */
  readonly data: Buffer | null;
  readonly lost_bytes: bigint;
}

/** No operation of ours says more; what goes beyond is not kept. */
export const MOST_OUTPUT_BYTES = 64n * 1024n * 1024n;

/** Table `operation_output`, within the caller's unit of work. */
@Injectable()
export class OutputRepository {
  /** Only for operations of this server; what is there already is left as it is. */
  async append(serverUid: string, frames: readonly TelemetryFrame[]): Promise<string[]> {
    const rows = frames.map(toRow).filter((row) => isUuid(row.uid) && row.offset < MOST_OUTPUT_BYTES);
    if (rows.length === 0) return [];
    await execute(
      `insert into operation_output (operation_uid, "offset", tenant_uid, data, lost_bytes)
       select o.uid, piece.at, o.tenant_uid, piece.data, piece.lost
       from unnest($2::uuid[], $3::bigint[], $4::bytea[], $5::bigint[]) as piece (uid, at, data, lost)
       join operation o on o.uid = piece.uid and o.server_uid = $1
       on conflict do nothing`,
      [
        serverUid,
        rows.map((row) => row.uid),
        rows.map((row) => row.offset),
        rows.map((row) => row.data),
        rows.map((row) => row.lost),
      ],
    );
    return [...new Set(rows.map((row) => row.uid))];
  }

  /** Pieces that reach beyond an offset, in order. */
  after(operationUid: string, offset: bigint): Promise<OutputRow[]> {
    return query(
      `select "offset", data, lost_bytes from operation_output
       where operation_uid = $1 and "offset" + greatest(coalesce(length(data), 0), lost_bytes) > $2
       order by "offset" limit 16`,
      [operationUid, offset],
    );
  }
}

function toRow({ batch }: TelemetryFrame) {
  if (batch.case === 'output') {
    const { operationUid: uid, offset, data } = batch.value;
    return { uid, offset, data: Buffer.from(data), lost: 0n };
  }
  const gap = batch.value;
  return { uid: gap?.operationUid ?? '', offset: gap?.offset ?? 0n, data: null, lost: gap?.lostBytes ?? 0n };
}
