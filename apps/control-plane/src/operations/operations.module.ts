import { Module } from '@nestjs/common';
import { LinkModule } from '../link';
import { OperationDeadlineLoop } from './operation-deadline.loop';
import { OperationDispatcher } from './operation-dispatcher';
import { OperationNews } from './operation-news';
import { OperationRepository } from './operation.repository';
import { OperationRpc } from './operation.rpc';
import { OperationsService } from './operations.service';
import { OutputCleanUp } from './output-clean-up.loop';
import { OutputRepository } from './output.repository';
import { OutputService } from './output.service';
import { OverlookedOperationsLoop } from './overlooked-operations.loop';
import { SignedReleases } from './signed-releases';

@Module({
  imports: [LinkModule],
  providers: [
    OperationDeadlineLoop,
    OperationDispatcher,
    OperationNews,
    OperationRepository,
    OperationRpc,
    OperationsService,
    OutputCleanUp,
    OutputRepository,
    OutputService,
    OverlookedOperationsLoop,
    SignedReleases,
  ],
  exports: [OperationsService, SignedReleases],
})
export class OperationsModule {}
