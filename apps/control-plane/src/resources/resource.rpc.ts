import {
  create,
  type DescMessage,
  fromBinary,
  type Message,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type ApplyRequest, type ApplyResponse, ApplyResponseSchema, type DeleteRequest, type DiffRequest, type GetRequest,
  GetResponseSchema, type ListRequest, ListResponseSchema, type ListRevisionsRequest, ResourceService, type RevertRequest, RevertResponseSchema,
  type WatchRequest,
} from '@ostler/contracts'; // prettier-ignore

import { afterCommit } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { currentCall, Mutations, RpcRegistry } from '../platform/rpc';
import { ApplyService } from './admission/apply.service';
import { DeleteService } from './admission/delete.service';
import { problemsOfAll } from './admission/drafts';
import { RevertService } from './admission/revert.service';
import { DryRunService } from './planning/dry-run.service';
import { ApplyResults } from './reading/apply-results';
import { HistoryService } from './reading/history.service';
import { ResourceReader } from './reading/resource-reader';
import { requireRead, requireWrite, requireWriteAll } from './resource-permissions';
import { WatchService } from './watching/watch.service';
import { WriteQueue } from './write-queue';

/** The edge: decode, delegate, encode. Authentication, permission, idempotency and audit are in the chain. */
@Injectable()
export class ResourceRpc implements ServiceImpl<typeof ResourceService>, OnModuleInit {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly mutations: Mutations,
    private readonly queue: WriteQueue,
    private readonly applying: ApplyService,
    private readonly results: ApplyResults,
    private readonly dryRuns: DryRunService,
    private readonly deleting: DeleteService,
    private readonly reverting: RevertService,
    private readonly reader: ResourceReader,
    private readonly history: HistoryService,
    private readonly watching: WatchService,
  ) {}

  onModuleInit(): void {
    // A dry run waits for servers, every other change for its turn; neither may hold a transaction meanwhile.
    this.rpc.service(ResourceService, this, { ownUnit: ['apply', 'delete', 'revert'] });
    this.rpc.alsoRefuse(ResourceService.method.apply, ({ resources }) => problemsOfAll(resources));
  }

  apply(request: ApplyRequest): Promise<ApplyResponse> {
    requireWriteAll(request.resources);
    if (request.dryRun) return this.dryRuns.run(request);
    return this.inTurn(async () => {
      const admitted = await this.applying.apply(request);
      const results = await this.results.of(admitted);
      failpoint('apply.written');
      afterCommit(() => failpoint('apply.committed'));
      return create(ApplyResponseSchema, { results });
    });
  }

  async get(request: GetRequest, context: HandlerContext) {
    requireRead(request.kind);
    return answerFor(context, GetResponseSchema, await this.reader.get(request));
  }

  async list(request: ListRequest, context: HandlerContext) {
    requireRead(request.kind);
    return answerFor(context, ListResponseSchema, await this.reader.list(request));
  }

  watch(request: WatchRequest, context: HandlerContext) {
    requireRead(request.kind);
    return this.watching.watch(request, currentCall().tenantUids, context.signal);
  }

  delete(request: DeleteRequest) {
    requireWrite(request.kind);
    return this.inTurn(async () => {
      const response = await this.deleting.delete(request);
      failpoint('delete.written');
      afterCommit(() => failpoint('delete.committed'));
      return response;
    });
  }

  listRevisions(request: ListRevisionsRequest) {
    requireRead(request.kind);
    return this.history.listRevisions(request);
  }

  diff(request: DiffRequest) {
    requireRead(request.kind);
    return this.history.diff(request);
  }

  revert(request: RevertRequest) {
    requireWrite(request.kind);
    return this.inTurn(async () =>
      create(RevertResponseSchema, { resource: await this.reverting.revert(request) }),
    );
  }

  /** One change of a tenant after the other, each in its own transaction. */
  private inTurn<T extends Message>(work: () => Promise<T>): Promise<T> {
    return this.queue.run(currentCall().tenantUid, () => this.mutations.unit(work));
  }
}

/** The SDK and gRPC speak binary, which is passed on; scripts with curl speak JSON, which is made of fields. */
function answerFor<Desc extends DescMessage>(
  { requestHeader }: HandlerContext,
  schema: Desc,
  response: MessageShape<Desc>,
): MessageShape<Desc> {
  const isJson = (requestHeader.get('content-type') ?? 'json').includes('json');
  return isJson ? fromBinary(schema, toBinary(schema, response)) : response;
}
