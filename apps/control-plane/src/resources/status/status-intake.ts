import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { ConditionStatus, type PlacementReport, PlacementReportSchema } from '@ostler/contracts';
import { Gather } from '@ostler/kernel';
import { Injectable } from '@nestjs/common';

import { afterCommit, execute, isDatabaseAway, query, UnitOfWork, Wake } from '../../platform/db';
import { failpoint } from '../../platform/failpoints';
import { OrderOfChanges } from '../store/order-of-changes';
import { ResourceRepository } from '../store/resource.repository';
import { nameUnknownFields } from './unknown-fields';

interface PlacedRow {
  readonly serverUid: string;
  readonly uid: string;
  readonly removing: boolean;
  readonly generation: bigint;
  readonly deleted: boolean;
  readonly report: Buffer | null;
}

interface ServerReports {
  readonly serverUid: string;
  readonly reports: readonly PlacementReport[];
}

/** A report with the placement that it is about. */
interface Told {
  readonly serverUid: string;
  readonly report: PlacementReport;
  readonly row: PlacedRow;
}

/** Servers whose reports are written in one transaction: each may bring a mebibyte. */
const MOST_SERVERS = 32;

/** Takes what servers say of their placements. */
@Injectable()
export class StatusIntake {
  /** Parallel transactions would wait for the same lock, each with a connection in its hand: together they wait once. */
  private readonly together = new Gather<ServerReports, void>((items) => this.takeAll(items), {
    most: MOST_SERVERS,
    keyOf: ({ serverUid }) => serverUid,
    isForAll: isDatabaseAway,
  });

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly resources: ResourceRepository,
  ) {}

  /**
   * Writes the reports of one server. A report about a resource that is not placed there is passed over: it
   * is late, or the server is not honest. A removal counts only where a tombstone asked for it.
   */
  async take(serverUid: string, reports: readonly PlacementReport[]): Promise<void> {
    if (reports.length > 0) await this.together.ask({ serverUid, reports });
  }

  private async takeAll(items: readonly ServerReports[]): Promise<void[]> {
    await this.unitOfWork.asSystem('status-intake', async () => {
      const servers = await query<{ uid: string; tenantUid: string }>(
        'select uid, tenant_uid as "tenantUid" from server where uid = any ($1)',
        [items.map(({ serverUid }) => serverUid)],
      );
      const tenantOf = new Map(servers.map(({ uid, tenantUid }) => [uid, tenantUid]));
      const known = items.filter(({ serverUid }) => tenantOf.has(serverUid));
      const byTenant = Map.groupBy(known, ({ serverUid }) => tenantOf.get(serverUid)!);
      // In one order, so that two processes never wait for each other.
      for (const tenantUid of [...byTenant.keys()].toSorted())
        await this.takeOfTenant(tenantUid, byTenant.get(tenantUid)!);
      failpoint('status.written');
      afterCommit(() => failpoint('status.committed'));
    });
    return items.map(() => undefined);
  }

  private async takeOfTenant(tenantUid: string, items: readonly ServerReports[]): Promise<void> {
    const order = await OrderOfChanges.lock(this.unitOfWork, tenantUid);
    const told = await this.told(items);
    const removals = told.filter(({ report, row }) => report.removed && row.removing);
    const states = told.filter(({ report, row }) => !report.removed && isNews(report, row));
    await this.write(states);
    const changed: string[] = [];
    for (const [serverUid, ofServer] of Map.groupBy(removals, (one) => one.serverUid))
      changed.push(...(await this.release(serverUid, ofServer, order)));
    const touched = [...new Set([...states.map(({ row }) => row.uid), ...changed])];
    await this.resources.touch(touched, order.take(touched.length));
    await order.save();
    if (touched.length > 0 || removals.length > 0) this.wake.notify('resources');
  }

  /** What is placed where it is reported; of two reports about one placement the last. */
  private async told(items: readonly ServerReports[]): Promise<Told[]> {
    const reports = new Map<string, { serverUid: string; report: PlacementReport }>();
    for (const { serverUid, reports: ofServer } of items) {
      for (const report of ofServer)
        reports.set(`${serverUid} ${report.uid}`, { serverUid, report: nameUnknownFields(report) });
    }
    const all = [...reports.values()];
    const rows = await query<PlacedRow>(
      `select p.server_uid as "serverUid", p.resource_uid as uid, p.removing, p.generation,
         r.deleted_at is not null as deleted, ps.report
       from unnest($1::uuid[], $2::uuid[]) as n (server_uid, uid)
       join placement p on p.server_uid = n.server_uid and p.resource_uid = n.uid
       join resource r on r.uid = p.resource_uid
       left join placement_status ps on ps.resource_uid = p.resource_uid and ps.server_uid = p.server_uid`,
      [all.map(({ serverUid }) => serverUid), all.map(({ report }) => report.uid)],
    );
    const placed = new Map(rows.map((row) => [`${row.serverUid} ${row.uid}`, row]));
    return all.flatMap(({ serverUid, report }) => {
      const row = placed.get(`${serverUid} ${report.uid}`);
      return row ? [{ serverUid, report, row }] : [];
    });
  }

  private async write(states: readonly Told[]): Promise<void> {
    const reports = states.map(({ report }) => report);
    await execute(
      `insert into placement_status (resource_uid, server_uid, tenant_uid, observed_generation, observed_epoch, ready, report, reported_at, raised)
       select n.uid, n.server_uid, p.tenant_uid, n.generation, n.epoch, n.ready, n.report, n.reported_at,
         array(select jsonb_array_elements_text(n.raised))
       from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::smallint[], $6::bytea[], $7::timestamptz[], $8::jsonb[])
         as n (server_uid, uid, generation, epoch, ready, report, reported_at, raised)
       join placement p on p.resource_uid = n.uid and p.server_uid = n.server_uid
       on conflict (resource_uid, server_uid) do update set observed_generation = excluded.observed_generation,
         observed_epoch = excluded.observed_epoch, ready = excluded.ready, report = excluded.report,
         reported_at = excluded.reported_at, raised = excluded.raised`,
      [
        states.map(({ serverUid }) => serverUid),
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
    removals: readonly Told[],
    order: OrderOfChanges,
  ): Promise<string[]> {
    const uids = removals.map(({ row }) => row.uid);
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
    const gone = removals.filter(({ row }) => row.deleted && !still.has(row.uid)).map(({ row }) => row.uid);
    for (const row of await this.resources.findByUids(gone)) await this.resources.remove(row, order.next());
    failpoint('removal.written');
    afterCommit(() => failpoint('removal.committed'));
    return uids.filter((uid) => !gone.includes(uid));
  }
}

/** The same report again is no change; watchers and the order of changes are spared it. */
function isNews(report: PlacementReport, row: PlacedRow): boolean {
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
