import { create } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type CancelOperationRequest,
  type GetOperationRequest,
  type ListOperationsRequest,
  type Operation,
  OperationService as OperationContract,
  type ReadOutputRequest,
  type StartOperationRequest,
  StartOperationResponseSchema,
  type WaitOperationRequest,
} from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { audit, currentCall, Mutations, pageTokenAfter, positionOf, RpcRegistry } from '../platform/rpc';
import type { OperationRow } from './operation.repository';
import { OperationsService } from './operations.service';
import { OutputService } from './output.service';

const DEFAULT_PAGE = 50;
const DEFAULT_DEADLINE_SECONDS = 600;
const DEFAULT_WAIT_SECONDS = 30;

@Injectable()
export class OperationRpc implements OnModuleInit, ServiceImpl<typeof OperationContract> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly mutations: Mutations,
    private readonly operations: OperationsService,
    private readonly outputs: OutputService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(OperationContract, this, { ownUnit: ['start', 'wait'] });
  }

  async start(request: StartOperationRequest, { signal }: HandlerContext) {
    const { tenantUid, tenantUids, actor } = currentCall();
    const { server, spec, waitSeconds } = request;
    if (!spec) throw AppError.invalid('spec', 'REQUIRED', 'say what to do.');
    const deadlineSeconds = request.deadlineSeconds || DEFAULT_DEADLINE_SECONDS;
    const timeoutMs = waitSeconds * 1000;
    let waited: Promise<Operation> | undefined;
    // Waits from before the agent hears of it: its end cannot be missed, and nothing is read in between.
    const committed = (known: OperationRow): void => {
      waited = this.operations.wait(tenantUids, known.uid, { timeoutMs, signal, known });
      waited.catch(() => undefined);
    };
    const wish = { tenantUid, actor, server, spec, deadlineSeconds, ...(waitSeconds > 0 && { committed }) };
    const stored = await this.mutations.unit(async () => {
      audit.note({ subject: `Server ${server}`, message: `operation ${spec.operation.case}` });
      return create(StartOperationResponseSchema, { operation: await this.operations.start(wish) });
    });
    if (waitSeconds === 0) return stored;
    // A repeat stores nothing, and waits for what the first call stored.
    waited ??= this.operations.wait(tenantUids, stored.operation!.uid, { timeoutMs, signal });
    return { operation: await waited };
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
    const { signal } = context;
    return { operation: await this.operations.wait(tenantUids, uid, { timeoutMs, signal }) };
  }

  readOutput({ uid, offset, follow }: ReadOutputRequest, context: HandlerContext) {
    return this.outputs.read(currentCall().tenantUids, uid, offset, follow, context.signal);
  }
}
