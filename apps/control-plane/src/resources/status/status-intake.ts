import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { ConditionStatus, type PlacementReport, PlacementReportSchema } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { afterCommit, execute, query, queryOne, UnitOfWork, Wake } from '../../platform/db';
import { failpoint } from '../../platform/failpoints';
import { OrderOfChanges } from '../store/order-of-changes';
import { ResourceRepository } from '../store/resource.repository';
import { WriteQueue } from '../write-queue';

interface PlacedRow {
  readonly uid: string;
  readonly removing: boolean;
  readonly generation: bigint;
  readonly deleted: boolean;
  readonly report: Buffer | null;
}

/** Takes what servers say of their placements. */
@Injectable()
export class StatusIntake {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly resources: ResourceRepository,
    private readonly queue: WriteQueue,
  ) {}

  /**
   * Writes the reports of one server. A report about a resource that is not placed there is passed over: it
   * is late, or the server is not honest. A removal counts only where a tombstone asked for it.
   */
  take(serverUid: string, reports: readonly PlacementReport[]): Promise<void> {
    // In turn: parallel ones would wait for the same lock, each with a connection in its hand.
    return this.queue.run('status', () => this.takeNow(serverUid, reports));
  }

  private takeNow(serverUid: string, reports: readonly PlacementReport[]): Promise<void> {
    return this.unitOfWork.asSystem('status-intake', async () => {
      const server = await queryOne<{ tenantUid: string }>(
        'select tenant_uid as "tenantUid" from server where uid = $1',
        [serverUid],
      );
      if (!server || reports.length === 0) return;
      const order = await OrderOfChanges.lock(this.unitOfWork, server.tenantUid);
      const placed = await this.placed(serverUid, reports);
      const removals = reports.filter(({ uid, removed }) => removed && placed.get(uid)?.removing);
      const states = reports.filter((report) => !report.removed && isNews(report, placed.get(report.uid)));
      await this.write(serverUid, states);
      const changed = await this.release(serverUid, removals, placed, order);
      const touched = [...states.map(({ uid }) => uid), ...changed];
      await this.resources.touch(touched, order.take(touched.length));
      await order.save();
      if (touched.length > 0 || removals.length > 0) this.wake.notify('resources');
      failpoint('status.written');
      afterCommit(() => failpoint('status.committed'));
    });
  }

  private async placed(
    serverUid: string,
    reports: readonly PlacementReport[],
  ): Promise<Map<string, PlacedRow>> {
    const rows = await query<PlacedRow>(
      `select p.resource_uid as uid, p.removing, p.generation, r.deleted_at is not null as deleted, ps.report
       from placement p join resource r on r.uid = p.resource_uid
       left join placement_status ps on ps.resource_uid = p.resource_uid and ps.server_uid = p.server_uid
       where p.server_uid = $1 and p.resource_uid = any ($2)`,
      [serverUid, reports.map(({ uid }) => uid)],
    );
    return new Map(rows.map((row) => [row.uid, row]));
  }

  private async write(serverUid: string, reports: readonly PlacementReport[]): Promise<void> {
    await execute(
      `insert into placement_status (resource_uid, server_uid, tenant_uid, observed_generation, observed_epoch, ready, report, reported_at, raised)
       select n.uid, $1, p.tenant_uid, n.generation, n.epoch, n.ready, n.report, n.reported_at,
         array(select jsonb_array_elements_text(n.raised))
       from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::smallint[], $6::bytea[], $7::timestamptz[], $8::jsonb[])
         as n (uid, generation, epoch, ready, report, reported_at, raised)
       join placement p on p.resource_uid = n.uid and p.server_uid = $1
       on conflict (resource_uid, server_uid) do update set observed_generation = excluded.observed_generation,
         observed_epoch = excluded.observed_epoch, ready = excluded.ready, report = excluded.report,
         reported_at = excluded.reported_at, raised = excluded.raised`,
      [
        serverUid,
        reports.map(({ uid }) => uid),
        reports.map(({ observedGeneration }) => observedGeneration),
        reports.map(({ observedEpoch }) => observedEpoch),
        reports.map(readyOf),
        reports.map((report) => Buffer.from(toBinary(PlacementReportSchema, report))),
        reports.map(({ reportedAt }) => (reportedAt ? timestampDate(reportedAt) : new Date(0))),
        reports.map((report) => JSON.stringify(raisedOf(report))),
      ],
    );
  }

  /** Drops the placements whose tombstone was carried out, and resources that are nowhere any more. */
  private async release(
    serverUid: string,
    removals: readonly PlacementReport[],
    placed: ReadonlyMap<string, PlacedRow>,
    order: OrderOfChanges,
  ): Promise<string[]> {
    if (removals.length === 0) return [];
    const uids = removals.map(({ uid }) => uid);
    await execute('delete from placement where server_uid = $1 and removing and resource_uid = any ($2)', [
      serverUid,
      uids,
    ]);
    // The tombstone leaves the manifest.
    await execute(
      'insert into manifest_wanted (server_uid, wanted_at) values ($1, clock_timestamp()) on conflict (server_uid) do update set wanted_at = excluded.wanted_at',
      [serverUid],
    );
    this.wake.notify('manifests-wanted');
    const left = await query<{ uid: string }>(
      'select distinct resource_uid as uid from placement where resource_uid = any ($1)',
      [uids],
    );
    const still = new Set(left.map(({ uid }) => uid));
    const gone = uids.filter((uid) => placed.get(uid)?.deleted && !still.has(uid));
    for (const row of await this.resources.findByUids(gone)) await this.resources.remove(row, order.next());
    failpoint('removal.written');
    afterCommit(() => failpoint('removal.committed'));
    return uids.filter((uid) => !gone.includes(uid));
  }
}

/** The same report again is no change; watchers and the order of changes are spared it. */
function isNews(report: PlacementReport, row: PlacedRow | undefined): boolean {
  if (!row) return false;
  if (!row.report) return true;
  const before = fromBinary(PlacementReportSchema, row.report);
  return !Buffer.from(toBinary(PlacementReportSchema, { ...before, reportedAt: undefined })).equals(
    Buffer.from(toBinary(PlacementReportSchema, { ...report, reportedAt: undefined })),
  );
}

function readyOf({ conditions }: PlacementReport): ConditionStatus {
  return conditions.find(({ type }) => type === 'Ready')?.status ?? ConditionStatus.UNKNOWN;
}

/** Conditions besides Ready that are true: for lists, which do not open the reports. */
function raisedOf({ conditions }: PlacementReport): string[] {
  return conditions
    .filter(({ type, status }) => type !== 'Ready' && status === ConditionStatus.TRUE)
    .map(({ type }) => type);
}
