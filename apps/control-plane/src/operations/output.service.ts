import { Injectable } from '@nestjs/common';
import { create } from '@bufbuild/protobuf';
import { type ReadOutputResponse, ReadOutputResponseSchema } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { UnitOfWork } from '../platform/db';
import { OperationNews } from './operation-news';
import { OperationRepository } from './operation.repository';
import { type OutputRow, OutputRepository } from './output.repository';

const WAIT_MS = 30_000;
/** Output travels on a lane of its own and may come after the end; without any for this long it is lost. */
const LATE_OUTPUT_MS = 10_000;

interface Progress {
  readonly rows: readonly OutputRow[];
  readonly ended: boolean;
  /** Everything that the agent says there is has been read. */
  readonly complete: boolean;
}

/** Reads output from an offset on, following it without holding a transaction. */
@Injectable()
export class OutputService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly operations: OperationRepository,
    private readonly outputs: OutputRepository,
    private readonly news: OperationNews,
  ) {}

  async *read(
    tenantUids: readonly string[],
    uid: string,
    from: bigint,
    follow: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<ReadOutputResponse> {
    let offset = from;
    let ended = false;
    for (;;) {
      const timeoutMs: number = follow ? (ended ? LATE_OUTPUT_MS : WAIT_MS) : 0;
      const next: Progress = await this.news.follow(
        uid,
        { timeoutMs, signal },
        () => this.next(tenantUids, uid, offset),
        (progress) => progress.rows.length > 0 || progress.complete || progress.ended !== ended,
      );
      for (const row of next.rows) {
        const piece = pieceAfter(row, offset);
        yield piece;
        offset = piece.offset + BigInt(piece.data.length);
      }
      if (signal.aborted || (next.rows.length === 0 && isOver(next, follow, ended))) return;
      ended = next.ended;
    }
  }

  private next(tenantUids: readonly string[], uid: string, offset: bigint): Promise<Progress> {
    return this.unitOfWork.asTenant(tenantUids, async () => {
      const operation = await this.operations.byUid(uid);
      if (!operation) throw AppError.notFound(`Operation ${uid}`);
      const rows = await this.outputs.after(uid, offset);
      const ended = operation.ended_at !== null;
      return { rows, ended, complete: ended && offset >= operation.output_bytes };
    });
  }
}

/** `endedBefore`: the end was known when this wait began, so the late output had its time. */
function isOver({ complete, ended }: Progress, follow: boolean, endedBefore: boolean): boolean {
  return !follow || complete || (ended && endedBefore);
}

/** What of a row lies after the offset; a gap is an empty piece at the offset where output goes on. */
function pieceAfter(row: OutputRow, offset: bigint): ReadOutputResponse {
  if (!row.data) return create(ReadOutputResponseSchema, { offset: row.offset + row.lost_bytes });
  const skip = offset > row.offset ? Number(offset - row.offset) : 0;
  return create(ReadOutputResponseSchema, {
    offset: row.offset + BigInt(skip),
    data: row.data.subarray(skip),
  });
}
