import { Module } from '@nestjs/common';

import { AdmissionService } from './admission/admission.service';
import { ApplyService } from './admission/apply.service';
import { DeleteService } from './admission/delete.service';
import { RevertService } from './admission/revert.service';
import { SecretAdmission } from './admission/secrets.admit';
import { ResourceCleanUp } from './clean-up.loop';
import { ChangePlannerSlot } from './planning/change-planner.port';
import { DryRunService } from './planning/dry-run.service';
import { ApplyResults } from './reading/apply-results';
import { HistoryService } from './reading/history.service';
import { KeptResources } from './reading/kept-resources';
import { ListTotals } from './reading/list-totals';
import { ListRepository } from './reading/list.repository';
import { ResourceReader } from './reading/resource-reader';
import { ResourceRpc } from './resource.rpc';
import { ServerChanges } from './server-changes';
import { StatusIntake } from './status/status-intake';
import { StatusRepository } from './status/status.repository';
import { PlacementRepository } from './store/placement.repository';
import { ResourceRepository } from './store/resource.repository';
import { RevisionRepository } from './store/revision.repository';
import { ResourceChanges } from './watching/resource-changes';
import { WatchService } from './watching/watch.service';
import { WriteQueue } from './write-queue';

/** The engine: what people declare, for every kind alike. */
@Module({
  providers: [
    AdmissionService,
    ApplyResults,
    ApplyService,
    ChangePlannerSlot,
    DeleteService,
    DryRunService,
    HistoryService,
    { provide: KeptResources, useFactory: () => new KeptResources() },
    ListRepository,
    ListTotals,
    PlacementRepository,
    ResourceChanges,
    ResourceCleanUp,
    ResourceReader,
    ResourceRepository,
    ResourceRpc,
    RevertService,
    RevisionRepository,
    SecretAdmission,
    ServerChanges,
    StatusIntake,
    StatusRepository,
    WatchService,
    WriteQueue,
  ],
  exports: [ChangePlannerSlot, ResourceChanges, ServerChanges, StatusIntake],
})
export class ResourcesModule {}
