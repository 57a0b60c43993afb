import { Module } from '@nestjs/common';
import { FleetModule } from '../fleet';
import { LinkModule } from '../link';
import { OperationDeadlineLoop } from './operation-deadline.loop';
import { OperationDispatcher } from './operation-dispatcher';
import { OperationNews } from './operation-news';
import { OperationRepository } from './operation.repository';
import { OperationRpc } from './operation.rpc';
import { OperationsService } from './operations.service';
import { OutputRepository } from './output.repository';
import { OutputService } from './output.service';
import { OverlookedOperationsLoop } from './overlooked-operations.loop';

@Module({
  imports: [FleetModule, LinkModule],
  providers: [
    OperationDeadlineLoop,
    OperationDispatcher,
    OperationNews,
    OperationRepository,
    OperationRpc,
    OperationsService,
    OutputRepository,
    OutputService,
    OverlookedOperationsLoop,
  ],
  exports: [OperationsService],
})
export class OperationsModule {}
