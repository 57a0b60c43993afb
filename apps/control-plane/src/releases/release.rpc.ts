import { create } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';
import {
  type BeginReleaseRequest, type CommitReleaseRequest, CommitReleaseResponseSchema, type PutFileRequest, PutFileResponseSchema,
  ReleaseService as Contract,
} from '@ostler/contracts'; // prettier-ignore
import { Injectable, type OnModuleInit } from '@nestjs/common';

import { RpcRegistry } from '../platform/rpc';
import { ReleaseService } from './release.service';

/** The edge of releases. */
@Injectable()
export class ReleaseRpc implements ServiceImpl<typeof Contract>, OnModuleInit {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly service: ReleaseService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(Contract, this);
  }

  begin(request: BeginReleaseRequest) {
    return this.service.begin(request);
  }

  async putFile(request: PutFileRequest) {
    return create(PutFileResponseSchema, { nextOffset: await this.service.putFile(request) });
  }

  async commit(request: CommitReleaseRequest) {
    return create(CommitReleaseResponseSchema, { release: await this.service.commit(request) });
  }
}
