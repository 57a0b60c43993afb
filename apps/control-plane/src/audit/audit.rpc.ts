import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditService, type ListAuditEntriesRequest } from '@ostler/contracts';

import { pageTokenAfter, positionOf, RpcRegistry } from '../platform/rpc';
import { AuditTrail } from './audit.service';

@Injectable()
export class AuditRpc implements OnModuleInit, ServiceImpl<typeof AuditService> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly trail: AuditTrail,
  ) {}

  onModuleInit(): void {
    this.rpc.service(AuditService, this);
  }

  async list(request: ListAuditEntriesRequest) {
    const filter = { actor: request.actor, subject: request.subject, outcome: request.outcome };
    const size = request.pageSize || 100;
    const entries = await this.trail.list(filter, positionOf(request.pageToken, filter), size + 1);
    const page = entries.slice(0, size);
    const nextPageToken = entries.length > size ? pageTokenAfter(page.at(-1)!.uid, filter) : '';
    return { entries: page, nextPageToken };
  }
}
