import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type DiffRequest, type DiffResponse, DiffResponseSchema, type ListRevisionsRequest, type ListRevisionsResponse,
  type Kind, ListRevisionsResponseSchema, type Revision, RevisionSchema,
} from '@ostler/contracts'; // prettier-ignore
import { AppError, type ResourceUid, type TenantUid } from '@ostler/kernel';
import { diffMessages, resourceTitle, specToYaml, type SpecValue } from '@ostler/resource-model';
import { Injectable } from '@nestjs/common';

import { currentCall } from '../../platform/rpc';
import type { ResourceRow } from '../store/resource-row';
import { ResourceRepository } from '../store/resource.repository';
import { type RevisionRow, RevisionRepository } from '../store/revision.repository';
import { loadSpec, requireModel, specCaseOf } from '../store/stored-spec';
import { encodeResource } from './encode-resource';

const DEFAULT_PAGE_SIZE = 50;

/** What a resource was at its earlier generations. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly resources: ResourceRepository,
    private readonly revisions: RevisionRepository,
  ) {}

  async listRevisions(request: ListRevisionsRequest): Promise<ListRevisionsResponse> {
    const row = await this.ever(request.kind, request.name);
    const pageSize = request.pageSize || DEFAULT_PAGE_SIZE;
    const rows = await this.revisions.list(row.uid, below(request.pageToken), pageSize + 1);
    const page = rows.slice(0, pageSize);
    return create(ListRevisionsResponseSchema, {
      revisions: page.map((revision) => encodeRevision(row, revision)),
      nextPageToken: rows.length > pageSize ? String(page.at(-1)!.generation) : '',
    });
  }

  async diff(request: DiffRequest): Promise<DiffResponse> {
    const row = await this.ever(request.kind, request.name);
    const before = await this.specAt(row, request.fromGeneration);
    const after = await this.specAt(row, request.toGeneration || row.generation);
    return create(DiffResponseSchema, {
      fields: diffMessages(requireModel(row.kind).schema, before, after),
      beforeYaml: specToYaml(specCaseOf(row.kind, before)),
      afterYaml: specToYaml(specCaseOf(row.kind, after)),
    });
  }

  /**
   * The resource of that name, else what had it last, else the one whose uid it is (as the audit names it):
   * history outlives what it is about.
   */
  private async ever(kind: Kind, name: string): Promise<ResourceRow> {
    const { tenantUid } = currentCall();
    const present = await this.resources.findNamed(tenantUid, kind, name);
    if (present) return present;
    const newest = await this.revisions.newestOf(kind, name);
    if (!newest) throw AppError.notFound(resourceTitle(kind, name));
    const [known] = await this.resources.findByUids([newest.resourceUid]);
    return known ?? goneRow(newest);
  }

  /** @throws AppError NOT_FOUND naming the generations that there are. */
  async specAt(row: ResourceRow, generation: bigint): Promise<SpecValue> {
    const revision = await this.revisions.find(row.uid, generation);
    if (revision) return loadSpec(row.kind, revision);
    throw AppError.notFound(
      `Generation ${generation} of ${resourceTitle(row.kind, row.name)} (it has 1 to ${row.generation})`,
    );
  }
}

/** What is left of a resource that is gone: its newest revision. */
function goneRow(newest: RevisionRow): ResourceRow {
  return {
    ...newest,
    uid: newest.resourceUid as ResourceUid,
    tenantUid: newest.tenantUid as TenantUid,
    tenant: '',
    resourceVersion: 0n,
    spec: Buffer.from(newest.spec),
    specSha256: Buffer.alloc(0),
    updatedAt: newest.createdAt,
    deletedAt: newest.createdAt,
  };
}

function below(pageToken: string): bigint | undefined {
  if (pageToken === '') return undefined;
  if (/^[1-9][0-9]{0,17}$/.test(pageToken)) return BigInt(pageToken);
  throw AppError.invalid(
    'pageToken',
    'BAD_PAGE_TOKEN',
    'is not a token of this list; begin with the first page',
  );
}

function encodeRevision(row: ResourceRow, revision: RevisionRow): Revision {
  const then: ResourceRow = {
    ...row,
    ...revision,
    uid: row.uid,
    tenantUid: row.tenantUid,
    specSha256: row.specSha256,
    spec: Buffer.from(revision.spec),
    updatedAt: revision.createdAt,
    createdAt: row.createdAt,
  };
  return create(RevisionSchema, {
    generation: revision.generation,
    createdAt: timestampFromDate(revision.createdAt),
    actor: revision.actor,
    summary: revision.summary,
    resource: encodeResource(then, undefined),
  });
}
