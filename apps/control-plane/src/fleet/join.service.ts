import { Injectable } from '@nestjs/common';
import { create } from '@bufbuild/protobuf';
import { ErrorReason, type JoinRequest, type JoinResponse, JoinResponseSchema } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { AGENT_LISTENER_NAME, AuthorityService, ListenerKeys } from '../authority';
import { hashToken, useOfToken } from '../platform/crypto';
import { UnitOfWork } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { Addresses } from '../platform/http';
import { ServerAdmission } from './admission.service';
import { JoinTokenRepository } from './join-token.repository';
import type { JoinedServer, JoiningMachine } from './joining-server.repository';
import { WaitingRoom } from './waiting-room.service';

/**
 * Lets a server in. A token is spent by the first keys that come with it; the same key with the same token
 * is the same server, so that a lost answer is given again. With a waiting room it is spent when somebody lets
 * the server in, and until then each call is told to ask again.
 */
@Injectable()
export class JoinService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly tokens: JoinTokenRepository,
    private readonly authority: AuthorityService,
    private readonly keys: ListenerKeys,
    private readonly admission: ServerAdmission,
    private readonly waitingRoom: WaitingRoom,
    private readonly addresses: Addresses,
  ) {}

  /** @throws AppError UNAUTHENTICATED, DENIED (not let in), INVALID (the CSR) or ALREADY_EXISTS (the key). */
  async join(request: JoinRequest, address: string): Promise<JoinResponse> {
    if (useOfToken(request.token) !== 'join') throw refused();
    const key = await this.authority.readCsr(request.csr);
    const { keySha256 } = key;
    const { name, agentVersion, machine } = request;
    const joining = { keySha256, name: name || request.hostname, agentVersion, machine, address };
    const joined = await this.unitOfWork.asSystem('join', () => this.admit(request, joining));
    failpoint('join.committed');
    if (!joined) return waitingAnswer();
    const { chain } = await this.authority.issueForAgent(joined.uid, key);
    return create(JoinResponseSchema, {
      serverUid: joined.uid,
      serverName: joined.name,
      certificateChain: chain,
      caBundle: this.authority.caBundle(),
      agentAddress: this.addresses.agentAddress,
      agentServerName: AGENT_LISTENER_NAME,
      listenerPin: this.keys.pin(),
    });
  }

  /** Undefined while somebody has to let it in. */
  private async admit(request: JoinRequest, machine: JoiningMachine): Promise<JoinedServer | undefined> {
    const token = await this.tokens.takeByHash(hashToken(request.token));
    if (!token) throw refused();
    const before = await this.tokens.serverJoinedWith(token.uid, machine.keySha256);
    if (before) return before;
    if (token.waiting_room) {
      if (!(await this.waitingRoom.ask(token, machine, request.hostname))) throw refused();
      return undefined;
    }
    if (!token.usable) throw refused();
    const server = await this.admission.admit(token, machine);
    failpoint('join.spent');
    return server;
  }
}

/** Asked again with jitter, so some seconds pass between the decision and the server that joins. */
const ASK_AGAIN_SECONDS = 5;

function waitingAnswer(): JoinResponse {
  return create(JoinResponseSchema, { waiting: true, retryAfterSeconds: ASK_AGAIN_SECONDS });
}

/** One answer for every reason, so that nobody learns which tokens there are. */
function refused(): AppError {
  return new AppError(
    ErrorReason.UNAUTHENTICATED,
    'This join token is not valid: it was used, has expired, was revoked or was mistyped. Make a new one.',
  );
}
