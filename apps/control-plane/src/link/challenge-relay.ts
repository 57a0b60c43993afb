import { create } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import {
  type ChallengePublish,
  type ChallengeResult,
  ChallengeResultSchema,
  type ChallengeServe,
  ChallengeServeSchema,
} from '@ostler/contracts';
import { isUuid, messageOf } from '@ostler/kernel';
import { ConnectedAgents } from './connected-agents';
import type { AgentServer } from './features';
import { PlacedCertificates } from './placed-certificates';

const SERVE_TIMEOUT_MS = 10_000;

/** A challenge may be asked of any server that serves the name, so all of them answer it first. */
@Injectable()
export class ChallengeRelay {
  constructor(
    private readonly placed: PlacedCertificates,
    private readonly agents: ConnectedAgents,
  ) {}

  async publish(server: AgentServer, request: ChallengePublish): Promise<ChallengeResult> {
    const { requestId, certificateUid, domain } = request;
    const spec = isUuid(certificateUid) ? await this.placed.specOn(server.uid, certificateUid) : undefined;
    if (!spec?.domains.includes(domain)) {
      const message = `No Certificate of this uid for ${domain} is placed on this server.`;
      return create(ChallengeResultSchema, { requestId, message });
    }
    const others = (await this.placed.serversOf(certificateUid)).filter(({ uid }) => uid !== server.uid);
    const failures = await Promise.all(others.map((other) => this.serve(other, request)));
    const message = failures.filter((failure) => failure !== '').join(' ');
    return create(ChallengeResultSchema, { requestId, message, servedEverywhere: message === '' });
  }

  /** Why this server does not serve it; empty when it does. */
  private async serve(other: { uid: string; name: string }, request: ChallengePublish): Promise<string> {
    const challenge: ChallengeServe = create(ChallengeServeSchema, {
      requestId: `${request.requestId} ${other.uid}`,
      domain: request.domain,
      token: request.token,
      keyAuthorization: request.keyAuthorization,
      expiresAt: request.expiresAt,
    });
    try {
      const { message } = await this.agents.serveChallenge(other.uid, challenge, SERVE_TIMEOUT_MS);
      return message === '' ? '' : `${other.name}: ${message}`;
    } catch (error) {
      return `${other.name}: ${messageOf(error)}`;
    }
  }
}
