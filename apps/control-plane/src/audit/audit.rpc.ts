import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditService, type ListAuditEntriesRequest } from '@ostler/contracts';

import { pageTokenAfter, positionOf, RpcRegistry } from '../platform/rpc';
import type { AuditFilter } from './audit.repository';
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
    const filter = filterOf(request);
    const size = request.pageSize || 100;
    const entries = await this.trail.list(filter, positionOf(request.pageToken, filter), size + 1);
    const page = entries.slice(0, size);
    const nextPageToken = entries.length > size ? pageTokenAfter(page.at(-1)!.uid, filter) : '';
    return { entries: page, nextPageToken };
  }
}

function filterOf(request: ListAuditEntriesRequest): AuditFilter {
  const { actor, subject, outcome, resourceUid, method } = request;
  const asked = request.request.toLowerCase();
  const date = (at: Timestamp | undefined): Date | undefined => at && timestampDate(at);
  return {
    actor,
    subject,
    outcome,
    resourceUid,
    method,
    request: asked,
    since: date(request.since),
    until: date(request.until),
  };
}
