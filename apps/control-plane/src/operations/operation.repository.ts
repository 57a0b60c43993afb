import { toBinary } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import {
  type Operation_RetryClass,
  type Operation_State,
  type OperationReport,
  type OperationSpec,
  OperationSpecSchema,
} from '@ostler/contracts';
import { execute, prepared, query, queryOne, queryWithCommit } from '../platform/db';

export interface OperationRow {
  readonly uid: string;
  readonly tenant_uid: string;
  readonly server_uid: string;
  readonly server_name: string;
  readonly spec: Buffer;
  readonly state: Operation_State;
  readonly retry_class: Operation_RetryClass;
  readonly reason: string;
  readonly message: string;
  readonly progress_percent: number;
  readonly progress_message: string;
  readonly exit_code: number | null;
  readonly output_bytes: bigint;
  readonly actor: string;
  readonly cancel_requested: boolean;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly deadline: Date;
  readonly request_id: string;
  readonly traceparent: string;
}

export interface NewOperation {
  readonly uid: string;
  readonly tenantUid: string;
  /** Name of a server. */
  readonly server: string;
  readonly spec: OperationSpec;
  readonly retryClass: Operation_RetryClass;
  readonly actor: string;
  readonly deadlineSeconds: number;
  /** Of the call that started it; empty where none did. */
  readonly requestId: string;
  readonly traceparent: string;
}

/** How an operation ends. */
export interface End {
  readonly state: Operation_State;
  readonly reason: string;
  readonly message: string;
}

const PENDING = 1;
const RUNNING = 2;
const EXPIRED = 7;

const columns = `o.uid, o.tenant_uid, o.server_uid, s.name as server_name, o.spec, o.state, o.retry_class,
  o.reason, o.message, o.progress_percent, o.progress_message, o.exit_code, o.output_bytes, o.actor,
  o.cancel_requested, o.created_at, o.started_at, o.ended_at, o.deadline, o.request_id, o.traceparent`;
const from = 'from operation o join server s on s.uid = o.server_uid';

const insertSql = prepared(
  `with s as (select uid, name from server where name = $3 and removed_at is null limit 1),
   o as (
     insert into operation (uid, tenant_uid, server_uid, spec, state, retry_class, actor, deadline, request_id, traceparent,
       resource_version)
     select $1, $2, s.uid, $4, ${PENDING}, $5, $6, now() + make_interval(secs => $7), $8, $9, txid_current() from s returning *
   ) select ${columns} from o join s on s.uid = o.server_uid`,
);

const byUidSql = prepared(`select ${columns} ${from} where o.uid = $1`);

const endSql = prepared(
  `with o as (
     update operation set state = $3::smallint, reason = $4, message = $5, exit_code = $6, ended_at = now(),
       output_bytes = greatest(output_bytes, $7), started_at = coalesce(started_at, $8, now()),
       progress_percent = case when $3::smallint = 3 then 100 else progress_percent end, resource_version = txid_current()
     where uid = $1 and server_uid = $2 and ended_at is null returning *
   ) select ${columns} from o join server s on s.uid = o.server_uid`,
);

/** Table `operation`, within the caller's unit of work. An operation ends once: every end asks `ended_at is null`. */
@Injectable()
export class OperationRepository {
  /** Undefined when there is no such server. */
  insert(operation: NewOperation): Promise<OperationRow | undefined> {
    const { uid, tenantUid, server, spec, retryClass, actor, deadlineSeconds } = operation;
    const { requestId, traceparent } = operation;
    const bytes = Buffer.from(toBinary(OperationSpecSchema, spec));
    return queryOne(insertSql, [
      uid,
      tenantUid,
      server,
      bytes,
      retryClass,
      actor,
      deadlineSeconds,
      requestId,
      traceparent,
    ]);
  }

  byUid(uid: string): Promise<OperationRow | undefined> {
    return queryOne(byUidSql, [uid]);
  }

  /** Newest first, after a uid. */
  list(
    server: string,
    onlyRunning: boolean,
    beforeUid: string | undefined,
    limit: number,
  ): Promise<OperationRow[]> {
    return query(
      `select ${columns} ${from}
       where ($1 = '' or s.name = $1) and (not $2 or o.ended_at is null) and ($3::uuid is null or o.uid < $3)
       order by o.uid desc limit $4`,
      [server, onlyRunning, beforeUid ?? null, limit],
    );
  }

  /** What changed at or after a position (a transaction id); 0 begins with the latest. */
  changedSince(version: bigint): Promise<OperationRow[]> {
    return query(
      `select ${columns} ${from} where o.resource_version >= $1 order by o.uid desc limit case when $1 > 0 then null else 200 end`,
      [version],
    );
  }

  async horizon(): Promise<bigint> {
    const row = await queryOne<{ xmin: bigint }>(
      'select txid_snapshot_xmin(txid_current_snapshot()) as xmin',
    );
    return row?.xmin ?? 0n;
  }

  notEndedOn(serverUids: readonly string[]): Promise<OperationRow[]> {
    return query(
      `select ${columns} ${from} where o.server_uid = any ($1) and o.ended_at is null order by o.uid`,
      [serverUids],
    );
  }

  /** Stored some time ago and taken by no agent yet. */
  pendingOn(serverUids: readonly string[], olderThanSeconds: number): Promise<OperationRow[]> {
    return query(
      `select ${columns} ${from} where o.server_uid = any ($1) and o.ended_at is null and o.state = ${PENDING}
         and o.created_at < now() - make_interval(secs => $2) order by o.uid`,
      [serverUids, olderThanSeconds],
    );
  }

  async requestCancel(uid: string): Promise<void> {
    await execute(
      `update operation set cancel_requested = true, resource_version = txid_current()
       where uid = $1 and ended_at is null`,
      [uid],
    );
  }

  /** Progress of one that has not ended. Not worth waiting for the disk: the agent says it again. */
  async progress(serverUid: string, report: OperationReport): Promise<void> {
    await query(`select set_config('synchronous_commit', 'off', true)`);
    await execute(
      `update operation set state = ${RUNNING}, started_at = coalesce(started_at, now()), progress_percent = $3,
         progress_message = $4, output_bytes = greatest(output_bytes, $5), resource_version = txid_current()
       where uid = $1 and server_uid = $2 and ended_at is null`,
      [
        report.uid,
        serverUid,
        Math.min(report.progressPercent, 100),
        report.progressMessage,
        report.outputBytes,
      ],
    );
  }

  /** Read after the unit: the row when this ended it; none when it had ended before or is not of this server. */
  end(serverUid: string, report: OperationReport, end: End): Promise<OperationRow[]> {
    return queryWithCommit(endSql, [
      report.uid,
      serverUid,
      end.state,
      end.reason,
      end.message,
      report.exitCode ?? null,
      report.outputBytes,
      report.startedAt ? new Date(Number(report.startedAt.seconds) * 1000) : null,
    ]);
  }

  /** Ends without a word of the agent. */
  async endHere(uid: string, end: End): Promise<boolean> {
    const count = await execute(
      `update operation set state = $2, reason = $3, message = $4, ended_at = now(), resource_version = txid_current()
       where uid = $1 and ended_at is null`,
      [uid, end.state, end.reason, end.message],
    );
    return count > 0;
  }

  /** What no agent took by its deadline, and what no agent ended some time after it. */
  async expire(graceSeconds: number): Promise<string[]> {
    const rows = await query<{ uid: string }>(
      `update operation set state = ${EXPIRED}, ended_at = now(), resource_version = txid_current(),
         reason = case when state = ${PENDING} then 'NOT_TAKEN' else 'NO_ANSWER' end,
         message = case when state = ${PENDING}
           then 'The server did not take it before its deadline: it was not connected. Nothing was done.'
           else 'The server took it and did not say how it ended. Look at the server before you repeat it.' end
       where ended_at is null
         and deadline < now() - make_interval(secs => case when state = ${PENDING} then 0 else $1 end)
       returning uid`,
      [graceSeconds],
    );
    return rows.map(({ uid }) => uid);
  }

  isEnded(uid: string, serverUid: string): Promise<{ ended: boolean } | undefined> {
    return queryOne(
      'select ended_at is not null as ended from operation where uid = $1 and server_uid = $2',
      [uid, serverUid],
    );
  }
}
