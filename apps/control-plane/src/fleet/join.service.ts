import { Inject, Injectable } from '@nestjs/common';
import { create } from '@bufbuild/protobuf';
import { ErrorReason, type JoinRequest, type JoinResponse, JoinResponseSchema } from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';
import { AGENT_LISTENER_NAME, AuthorityService } from '../authority';
import { hashToken, useOfToken } from '../platform/crypto';
import { UnitOfWork, Wake } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { Addresses } from '../platform/http';
import { AuditSink } from '../platform/rpc';
import { ServerChanges } from '../resources';
import { JoinTokenRepository, type JoinTokenRow } from './join-token.repository';
import { toServerName, uniqueName } from './server-names';
import { ServerRepository } from './server.repository';

interface Joined {
  readonly uid: string;
  readonly name: string;
}

/**
 * Lets a server in. A token is spent by the first keys that come with it; the same key with the same token
 * is the same server, so that a lost answer, and a certificate that ended while the server was off, are
 * answered again.
 */
@Injectable()
export class JoinService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly tokens: JoinTokenRepository,
    private readonly servers: ServerRepository,
    private readonly authority: AuthorityService,
    private readonly placements: ServerChanges,
    @Inject(AuditSink) private readonly sink: AuditSink,
    private readonly addresses: Addresses,
  ) {}

  /** @throws AppError UNAUTHENTICATED, INVALID (the CSR) or ALREADY_EXISTS (the key). */
  async join(request: JoinRequest, address: string): Promise<JoinResponse> {
    if (useOfToken(request.token) !== 'join') throw refused();
    const key = await this.authority.readCsr(request.csr);
    const joined = await this.unitOfWork.asSystem('join', () => this.admit(request, key.keySha256, address));
    failpoint('join.committed');
    const { chain } = await this.authority.issueForAgent(joined.uid, key);
    return create(JoinResponseSchema, {
      serverUid: joined.uid,
      serverName: joined.name,
      certificateChain: chain,
      caBundle: this.authority.caBundle(),
      agentAddress: this.addresses.agentAddress,
      agentServerName: AGENT_LISTENER_NAME,
    });
  }

  private async admit(request: JoinRequest, keySha256: Buffer, address: string): Promise<Joined> {
    const token = await this.tokens.takeByHash(hashToken(request.token));
    if (!token) throw refused();
    const before = await this.tokens.serverJoinedWith(token.uid, keySha256);
    if (before) return before;
    if (!token.usable) throw refused();
    if (await this.tokens.isKeyInUse(keySha256)) {
      const message =
        'A server with this key has joined already. If its disk was copied, remove the identity folder first.';
      throw new AppError(ErrorReason.ALREADY_EXISTS, message);
    }
    const wished = toServerName(request.name);
    const taken = await this.servers.namesWith(token.tenant_uid, wished.slice(0, SHARED_PREFIX));
    const server = { uid: newUid<'Server'>(), name: uniqueName(wished, (name) => taken.has(name)) };
    await this.tokens.addServer(token, { ...server, keySha256, agentVersion: request.agentVersion });
    await this.placements.placementsChanged(server.uid);
    await this.record(token, server, address);
    this.wake.notify('servers');
    failpoint('join.spent');
    return server;
  }

  private record(token: JoinTokenRow, server: Joined, address: string): Promise<void> {
    return this.sink.append([
      {
        tenantUid: token.tenant_uid,
        actor: `join token ${token.description || token.uid}`,
        actorUid: token.uid,
        method: 'ostler.link.v1.JoinService/Join',
        outcome: 'done',
        reason: ErrorReason.UNSPECIFIED,
        requestId: '',
        address,
        subject: `Server ${server.name}`,
      },
    ]);
  }
}

/** A number is put in place of the end of a long name: all that share this much are looked at. */
const SHARED_PREFIX = 50;

/** One answer for every reason, so that nobody learns which tokens there are. */
function refused(): AppError {
  return new AppError(
    ErrorReason.UNAUTHENTICATED,
    'This join token is not valid: it was used, has expired, was revoked or was mistyped. Make a new one.',
  );
}
