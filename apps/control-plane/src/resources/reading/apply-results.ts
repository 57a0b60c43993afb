import { create } from '@bufbuild/protobuf';
import { type ApplyResult, ApplyResultSchema } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import type { Admitted } from '../admission/draft';
import { ResourceRepository } from '../store/resource.repository';
import { ResourceReader } from './resource-reader';

/** What Apply answers: each resource as it is now, in the order of the request. */
@Injectable()
export class ApplyResults {
  constructor(
    private readonly resources: ResourceRepository,
    private readonly reader: ResourceReader,
  ) {}

  async of(admitted: readonly Admitted[]): Promise<ApplyResult[]> {
    const rows = await this.resources.findByUids(admitted.map(({ uid }) => uid));
    const encoded = await this.reader.encode(rows, false);
    const byUid = new Map(encoded.map((resource) => [resource.meta!.uid, resource]));
    return admitted.map(({ uid, change, fields }) =>
      create(ApplyResultSchema, { resource: byUid.get(uid), change, fields: [...fields] }),
    );
  }
}
