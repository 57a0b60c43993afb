import { create, fromBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Operation, OperationSchema, OperationSpecSchema } from '@ostler/contracts';
import { traceIdOf } from '@ostler/kernel';
import type { OperationRow } from './operation.repository';

export function toOperation(row: OperationRow): Operation {
  const time = (date: Date | null) => (date ? timestampFromDate(date) : undefined);
  return create(OperationSchema, {
    uid: row.uid,
    serverUid: row.server_uid,
    serverName: row.server_name,
    spec: fromBinary(OperationSpecSchema, row.spec),
    state: row.state,
    retryClass: row.retry_class,
    reason: row.reason,
    message: row.message,
    progressPercent: row.progress_percent,
    progressMessage: row.progress_message,
    exitCode: row.exit_code ?? undefined,
    outputBytes: row.output_bytes,
    createdAt: time(row.created_at),
    startedAt: time(row.started_at),
    endedAt: time(row.ended_at),
    deadline: time(row.deadline),
    actor: row.actor,
    cancelRequested: row.cancel_requested,
    requestId: row.request_id,
    traceId: traceIdOf(row.traceparent),
  });
}
