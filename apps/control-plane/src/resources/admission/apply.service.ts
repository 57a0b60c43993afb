import type { ApplyRequest } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { ResourceRepository } from '../store/resource.repository';
import { AdmissionService } from './admission.service';
import type { Admitted } from './draft';
import { checkAll, openDrafts } from './drafts';

/** Creates or changes many resources, all or none, in the transaction of the caller. */
@Injectable()
export class ApplyService {
  constructor(
    private readonly admission: AdmissionService,
    private readonly resources: ResourceRepository,
  ) {}

  async apply({ resources }: Pick<ApplyRequest, 'resources'>): Promise<Admitted[]> {
    const checked = checkAll(resources);
    return this.admission.admit(() => openDrafts(checked, this.resources));
  }
}
