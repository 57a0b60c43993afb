import { Global, Module } from '@nestjs/common';

import { AuditSink } from '../platform/rpc';
import { AuditRepository } from './audit.repository';
import { AuditRpc } from './audit.rpc';
import { AuditTrail } from './audit.service';
import { UnknownCallersLoop } from './unknown-callers.loop';

@Global()
@Module({
  providers: [
    AuditRepository,
    AuditTrail,
    AuditRpc,
    UnknownCallersLoop,
    { provide: AuditSink, useExisting: AuditTrail },
  ],
  exports: [AuditTrail, AuditSink],
})
export class AuditModule {}
