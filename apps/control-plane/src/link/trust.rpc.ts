import { create } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { ErrorReason, type RenewRequest, type RenewResponse, RenewResponseSchema } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { AuthorityService } from '../authority';
import { AgentCalls } from './agent-calls';
import { AgentFeatures, type AgentServer } from './features';

/** Renews the certificate of the server that calls: for its key, or for another one that its lane was told to make. */
@Injectable()
export class TrustRpc {
  readonly handlers;

  constructor(
    calls: AgentCalls,
    private readonly features: AgentFeatures,
    private readonly authority: AuthorityService,
  ) {
    this.handlers = { renew: calls.unary((server, request: RenewRequest) => this.renew(server, request)) };
  }

  private async renew(server: AgentServer, { csr, rekeyNonce }: RenewRequest): Promise<RenewResponse> {
    const key = await this.authority.readCsr(csr);
    const directory = this.features.get('directory');
    if (rekeyNonce.length > 0) await directory.rekey(server, key.keySha256, rekeyNonce);
    else if (!(await directory.identify(server.uid, key.keySha256))) {
      throw new AppError(
        ErrorReason.DENIED,
        'The request is of another key than the one that this server joined with.',
      );
    }
    const { chain } = await this.authority.issueForAgent(server.uid, key);
    return create(RenewResponseSchema, { certificateChain: chain, caBundle: this.authority.caBundle() });
  }
}
