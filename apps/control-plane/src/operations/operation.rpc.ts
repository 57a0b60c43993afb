import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type CancelOperationRequest,
  type GetOperationRequest,
  type ListOperationsRequest,
  OperationService as OperationContract,
  type ReadOutputRequest,
  type StartOperationRequest,
  type WaitOperationRequest,
} from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { audit, currentCall, pageTokenAfter, positionOf, RpcRegistry } from '../platform/rpc';
import { OperationsService } from './operations.service';
import { OutputService } from './output.service';

const DEFAULT_PAGE = 50;
const DEFAULT_DEADLINE_SECONDS = 600;
const DEFAULT_WAIT_SECONDS = 30;

@Injectable()
export class OperationRpc implements OnModuleInit, ServiceImpl<typeof OperationContract> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly operations: OperationsService,
    private readonly outputs: OutputService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(OperationContract, this, { ownUnit: ['wait'] });
  }

  async start({ server, spec, deadlineSeconds }: StartOperationRequest) {
    if (!spec) throw AppError.invalid('spec', 'REQUIRED', 'say what to do.');
    audit.note({ subject: `Server ${server}`, message: `operation ${spec.operation.case}` });
    const { tenantUid, actor } = currentCall();
    const wish = {
      tenantUid,
      actor,
      server,
      spec,
      deadlineSeconds: deadlineSeconds || DEFAULT_DEADLINE_SECONDS,
    };
    return { operation: await this.operations.start(wish) };
  }

  async get({ uid }: GetOperationRequest) {
    return { operation: await this.operations.get(uid) };
  }

  async list({ server, running, pageSize, pageToken }: ListOperationsRequest) {
    const filter = { server, running };
    const limit = pageSize || DEFAULT_PAGE;
    const operations = await this.operations.list(server, running, positionOf(pageToken, filter), limit);
    const last = operations.at(-1);
    const isFull = operations.length === limit;
    return { operations, nextPageToken: isFull && last ? pageTokenAfter(last.uid, filter) : '' };
  }

  async cancel({ uid }: CancelOperationRequest) {
    audit.note({ subject: `Operation ${uid}` });
    return { operation: await this.operations.cancel(uid) };
  }

  async wait({ uid, waitSeconds }: WaitOperationRequest, context: HandlerContext) {
    const timeoutMs = (waitSeconds || DEFAULT_WAIT_SECONDS) * 1000;
    const { tenantUids } = currentCall();
    return { operation: await this.operations.wait(tenantUids, uid, timeoutMs, context.signal) };
  }

  readOutput({ uid, offset, follow }: ReadOutputRequest, context: HandlerContext) {
    return this.outputs.read(currentCall().tenantUids, uid, offset, follow, context.signal);
  }
}
