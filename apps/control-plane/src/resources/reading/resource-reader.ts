import type { GetRequest, Kind, ListRequest, ListResponse, Resource } from '@ostler/contracts';
import { ListResponseSchema } from '@ostler/contracts';
import { create } from '@bufbuild/protobuf';
import { AppError } from '@ostler/kernel';
import { resourceTitle } from '@ostler/resource-model';
import { Injectable } from '@nestjs/common';

import { currentCall } from '../../platform/rpc';
import { type PlacementRow, StatusRepository } from '../status/status.repository';
import { newestVersion } from '../store/order-of-changes';
import { ResourceRepository } from '../store/resource.repository';
import type { ReadRow, ResourceRow } from '../store/resource-row';
import { encodeResource, encodeStatus, type SpecForm } from './encode-resource';
import { ListTotals } from './list-totals';
import { ListRepository } from './list.repository';
import { decodePageToken, encodePageToken } from './page-token';

const DEFAULT_PAGE_SIZE = 100;

/** Get and List, within the unit of work of the caller. */
@Injectable()
export class ResourceReader {
  constructor(
    private readonly resources: ResourceRepository,
    private readonly status: StatusRepository,
    private readonly lists: ListRepository,
    private readonly totals: ListTotals,
  ) {}

  /** @throws AppError NOT_FOUND, for another tenant's resource too. */
  async requireNamed(kind: Kind, name: string): Promise<ResourceRow> {
    const row = await this.resources.findNamed(currentCall().tenantUid, kind, name);
    if (!row) throw AppError.notFound(resourceTitle(kind, name));
    return row;
  }

  async get(
    { kind, name }: Pick<GetRequest, 'kind' | 'name'>,
    form: SpecForm = 'decoded',
  ): Promise<Resource> {
    const { tenantUid } = currentCall();
    // Both in one round trip.
    const [row, placements] = await Promise.all([
      this.lists.named(tenantUid, kind, name),
      this.status.placementsOfNamed(tenantUid, kind, name),
    ]);
    if (!row) throw AppError.notFound(resourceTitle(kind, name));
    const counts = await this.status.withTrouble([row]);
    return encodeResource(row, encodeStatus(row, counts.get(row.uid), placements), form);
  }

  async list(request: ListRequest, form: SpecForm = 'decoded'): Promise<ListResponse> {
    const { tenantUids } = currentCall();
    const pageSize = request.pageSize || DEFAULT_PAGE_SIZE;
    const queryKey = JSON.stringify([
      request.kind,
      Object.entries(request.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      request.search,
      request.server,
    ]);
    const after = decodePageToken(request.pageToken, queryKey);
    const filter = { ...request, tenantUids };
    const list = `${tenantUids.join()} ${queryKey}`;
    // Both in one round trip; the version is read first.
    const [version, rows] = await Promise.all([
      newestVersion(tenantUids),
      this.lists.page({ ...filter, after, limit: pageSize + 1 }),
    ]);
    const total = await this.totals.totalOf(list, version, () => this.lists.count(filter));
    const page = rows.slice(0, pageSize);
    const last = rows.length > pageSize ? page.at(-1) : undefined;
    const counts = await this.status.withTrouble(page);
    const placements = await this.placementsOf(request.withPlacements ? page : []);
    return create(ListResponseSchema, {
      resources: page.map((row) =>
        encodeResource(row, encodeStatus(row, counts.get(row.uid), placements.get(row.uid)), form),
      ),
      nextPageToken: last ? encodePageToken(last, queryKey) : '',
      total,
      resourceVersion: version,
    });
  }

  /** Rows with their status; statuses of single placements on request. */
  async encode(rows: readonly ReadRow[], withPlacements: boolean): Promise<Resource[]> {
    if (rows.length === 0) return [];
    const uids = rows.map(({ uid }) => uid);
    const counts = await this.status.countsOf(uids);
    const placements = await this.placementsOf(withPlacements ? rows : []);
    return rows.map((row) =>
      encodeResource(row, encodeStatus(row, counts.get(row.uid), placements.get(row.uid))),
    );
  }

  private async placementsOf(rows: readonly ReadRow[]): Promise<Map<string, PlacementRow[]>> {
    if (rows.length === 0) return new Map();
    const placements = await this.status.placementsOf(rows.map(({ uid }) => uid));
    return Map.groupBy(placements, ({ resourceUid }) => resourceUid);
  }
}
