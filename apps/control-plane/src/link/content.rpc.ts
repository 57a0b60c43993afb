import { create } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import {
  type FetchAgentPackageRequest,
  type FetchAgentPackageResponse,
  FetchAgentPackageResponseSchema,
  type FetchFileRequest,
  type FetchFileResponse,
  FetchFileResponseSchema,
  type FetchReleaseRequest,
  type FetchReleaseResponse,
  FetchReleaseResponseSchema,
} from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { PIECE_BYTES } from '@ostler/link-protocol';
import { AgentCalls } from './agent-calls';
import { AgentPackages } from './agent-packages';
import { AgentFeatures, type AgentServer } from './features';

/** Hands out content of releases; the releases room decides what a server may have. */
@Injectable()
export class ContentRpc {
  readonly handlers;

  constructor(
    calls: AgentCalls,
    private readonly features: AgentFeatures,
    private readonly packages: AgentPackages,
  ) {
    this.handlers = {
      fetchRelease: calls.streaming((server, request: FetchReleaseRequest) => this.release(server, request)),
      fetchFile: calls.streaming((server, request: FetchFileRequest) => this.file(server, request)),
      fetchAgentPackage: calls.streaming((_server, request: FetchAgentPackageRequest) =>
        this.agentPackage(request),
      ),
    };
  }

  private async *release(
    server: AgentServer,
    request: FetchReleaseRequest,
  ): AsyncGenerator<FetchReleaseResponse> {
    const index = await this.features.get('content').index(server.uid, request.digest);
    if (!index) throw AppError.notFound(`Release ${request.digest}`);
    for (const data of piecesOf(index)) yield create(FetchReleaseResponseSchema, { data });
  }

  private async *file(server: AgentServer, request: FetchFileRequest): AsyncGenerator<FetchFileResponse> {
    const content = await this.features.get('content').read(server.uid, request.sha256, request.offset);
    if (!content) throw AppError.notFound('A file of this hash');
    for await (const bytes of content) {
      for (const data of piecesOf(bytes)) yield create(FetchFileResponseSchema, { data });
    }
  }

  /** Every agent may have every package: what it takes, its release key decides. */
  private async *agentPackage(request: FetchAgentPackageRequest): AsyncGenerator<FetchAgentPackageResponse> {
    const content = this.packages.read(request.sha256, request.offset);
    if (!content) throw AppError.notFound('A package of the agent with this digest');
    for await (const bytes of content) {
      for (const data of piecesOf(bytes)) yield create(FetchAgentPackageResponseSchema, { data });
    }
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) {
    yield bytes.subarray(offset, offset + PIECE_BYTES);
  }
}
