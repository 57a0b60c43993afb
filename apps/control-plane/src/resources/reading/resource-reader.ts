import {
  type GetRequest, type GetResponse, GetResponseSchema, type Kind, type ListRequest, type ListResponse,
  ListResponseSchema, type Resource,
} from '@ostler/contracts'; // prettier-ignore
import { create } from '@bufbuild/protobuf';
import { AppError } from '@ostler/kernel';
import { resourceTitle } from '@ostler/resource-model';
import { Injectable } from '@nestjs/common';

import { afterCommit } from '../../platform/db';
import { currentCall } from '../../platform/rpc';
import { type PlacementRow, StatusRepository } from '../status/status.repository';
import { newestVersion } from '../store/order-of-changes';
import { ResourceRepository } from '../store/resource.repository';
import type { ReadRow, ResourceRow } from '../store/resource-row';
import { encodeResource, encodeStatus, resourceBytes } from './encode-resource';
import { KeptResources } from './kept-resources';
import { ListTotals } from './list-totals';
import { type CountedRow, type FoundRow, ListRepository } from './list.repository';
import { decodePageToken, encodePageToken } from './page-token';
import { passedOn } from './passed-on';

const DEFAULT_PAGE_SIZE = 100;
const gotField = passedOn(GetResponseSchema, 'resource');
const listedField = passedOn(ListResponseSchema, 'resources');

/** Get and List, within the unit of work of the caller. Their resources are bytes that nothing here decodes. */
@Injectable()
export class ResourceReader {
  constructor(
    private readonly resources: ResourceRepository,
    private readonly status: StatusRepository,
    private readonly lists: ListRepository,
    private readonly totals: ListTotals,
    private readonly kept: KeptResources,
  ) {}

  /** @throws AppError NOT_FOUND, for another tenant's resource too. */
  async requireNamed(kind: Kind, name: string): Promise<ResourceRow> {
    const row = await this.resources.findNamed(currentCall().tenantUid, kind, name);
    if (!row) throw AppError.notFound(resourceTitle(kind, name));
    return row;
  }

  /** @throws AppError NOT_FOUND, for another tenant's resource too. */
  async get({ kind, name }: Pick<GetRequest, 'kind' | 'name'>): Promise<GetResponse> {
    const { tenantUid } = currentCall();
    const found = await this.lists.findNamed(tenantUid, kind, name);
    const [bytes] = found ? await this.bytesOf([found], true) : [];
    if (!bytes) throw AppError.notFound(resourceTitle(kind, name));
    const response = create(GetResponseSchema);
    response.$unknown = [gotField(bytes)];
    return response;
  }

  /** One page, with how many there are in all. */
  async list(request: ListRequest): Promise<ListResponse> {
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
    const [version, found] = await Promise.all([
      newestVersion(tenantUids),
      this.lists.findPage({ ...filter, after, limit: pageSize + 1 }),
    ]);
    const total = await this.totals.totalOf(list, version, () => this.lists.count(filter));
    const page = found.slice(0, pageSize);
    const last = found.length > pageSize ? page.at(-1) : undefined;
    const nextPageToken = last ? encodePageToken(last, queryKey) : '';
    const response = create(ListResponseSchema, { nextPageToken, total, resourceVersion: version });
    response.$unknown = (await this.bytesOf(page, request.withPlacements)).map(listedField);
    return response;
  }

  /** In their order, from what is kept where that is still so. Those that have gone meanwhile are left out. */
  private async bytesOf(found: readonly FoundRow[], withPlacements: boolean): Promise<Uint8Array[]> {
    const keyOf = this.kept.keysOf({ tenantUids: currentCall().tenantUids, withPlacements });
    const bytes = new Map<string, Uint8Array>();
    const lacking: string[] = [];
    for (const { uid, version } of found) {
      const known = this.kept.find(keyOf(uid), version);
      if (known) bytes.set(uid, known);
      else lacking.push(uid);
    }
    if (lacking.length > 0)
      await this.read(lacking, withPlacements, (row, read) => {
        bytes.set(row.uid, read);
        // The version of a change that is rolled back would be given again.
        afterCommit(() => this.kept.keep(keyOf(row.uid), row.resourceVersion, read));
      });
    return found.flatMap(({ uid }) => bytes.get(uid) ?? []);
  }

  private async read(
    uids: readonly string[],
    withPlacements: boolean,
    take: (row: CountedRow, bytes: Uint8Array) => void,
  ): Promise<void> {
    // Both in one round trip. The versions are read first: what changes in between is read again.
    const [rows, placements] = await Promise.all([
      this.lists.read(uids),
      this.placementsOf(withPlacements ? uids : []),
    ]);
    const counts = await this.status.withTrouble(rows);
    for (const row of rows)
      take(row, resourceBytes(row, encodeStatus(row, counts.get(row.uid), placements.get(row.uid))));
  }

  /** Rows with their status; statuses of single placements on request. */
  async encode(rows: readonly ReadRow[], withPlacements: boolean): Promise<Resource[]> {
    if (rows.length === 0) return [];
    const uids = rows.map(({ uid }) => uid);
    const counts = await this.status.countsOf(uids);
    const placements = await this.placementsOf(withPlacements ? uids : []);
    return rows.map((row) =>
      encodeResource(row, encodeStatus(row, counts.get(row.uid), placements.get(row.uid))),
    );
  }

  private async placementsOf(uids: readonly string[]): Promise<Map<string, PlacementRow[]>> {
    if (uids.length === 0) return new Map();
    const placements = await this.status.placementsOf(uids);
    return Map.groupBy(placements, ({ resourceUid }) => resourceUid);
  }
}
