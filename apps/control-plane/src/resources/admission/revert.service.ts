import { create } from '@bufbuild/protobuf';
import { type Resource, ResourceSchema, type RevertRequest } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { resourceTitle } from '@ostler/resource-model';
import { Injectable } from '@nestjs/common';

import { HistoryService } from '../reading/history.service';
import { ResourceReader } from '../reading/resource-reader';
import type { ResourceRow } from '../store/resource-row';
import { specCaseOf } from '../store/stored-spec';
import { AdmissionService } from './admission.service';
import type { Draft } from './draft';
import { expectGeneration, openDraft } from './drafts';

/** Applies the spec of an earlier generation as a new one; the secrets of that time come with it. */
@Injectable()
export class RevertService {
  constructor(
    private readonly admission: AdmissionService,
    private readonly history: HistoryService,
    private readonly reader: ResourceReader,
  ) {}

  async revert(request: RevertRequest): Promise<Resource> {
    await this.admission.admit(async () => [await this.draft(request)]);
    const row = await this.reader.requireNamed(request.kind, request.name);
    const [resource] = await this.reader.encode([row], true);
    return resource!;
  }

  private async draft(request: RevertRequest): Promise<Draft> {
    const row = await this.reader.requireNamed(request.kind, request.name);
    const title = resourceTitle(row.kind, row.name);
    if (row.deletedAt)
      throw AppError.invalid('name', 'REMOVING', `${title} is being removed and cannot be reverted`);
    expectGeneration(request.generation, row, 'generation', title);
    const spec = await this.history.specAt(row, request.toGeneration);
    const given = create(ResourceSchema, { meta: metaOf(row), spec: specCaseOf(row.kind, spec) });
    return openDraft(
      given,
      row.tenantUid,
      row,
      'resource',
      true,
      `reverted to generation ${request.toGeneration}`,
    );
  }
}

const metaOf = ({ kind, name, displayName, labels }: ResourceRow) => ({ kind, name, displayName, labels });
