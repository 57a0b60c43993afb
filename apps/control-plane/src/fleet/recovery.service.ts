import { verify } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import {
  type ChallengeResponse,
  ChallengeResponseSchema,
  ErrorReason,
  type RecoverRequest,
  type RecoverResponse,
  RecoverResponseSchema,
} from '@ostler/contracts';
import { AppError, type Clock, systemClock } from '@ostler/kernel';
import { AGENT_LISTENER_NAME, AuthorityService, ListenerKeys } from '../authority';
import { Vault } from '../platform/crypto';
import { queryOne, UnitOfWork } from '../platform/db';
import { Addresses } from '../platform/http';
import { AuditSink } from '../platform/rpc';
import { newNonce, readNonce, textToSign } from './recovery-nonce';

interface RecoveringRow {
  readonly name: string;
  readonly tenant_uid: string;
  readonly revoked: boolean;
  readonly fresh: boolean;
}

/** Gives a new certificate to a server that proves that it still has its key, however long it was away. */
@Injectable()
export class RecoveryService {
  clock: Clock = systemClock;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly authority: AuthorityService,
    private readonly listenerKeys: ListenerKeys,
    private readonly vault: Vault,
    private readonly addresses: Addresses,
    @Inject(AuditSink) private readonly sink: AuditSink,
  ) {}

  /** The same for every uid, known or not, and without a look into the database. */
  challenge(serverUid: string): ChallengeResponse {
    const nowMs = this.clock.now();
    const nonce = newNonce(this.vault, serverUid, nowMs);
    return create(ChallengeResponseSchema, { nonce, clock: timestampFromMs(nowMs) });
  }

  /** @throws AppError UNAUTHENTICATED, INVALID (the CSR), or DENIED when an operator ended its trust. */
  async recover(request: RecoverRequest, address: string): Promise<RecoverResponse> {
    const { serverUid, nonce, signature, csr } = request;
    const madeAt = readNonce(this.vault, serverUid, nonce, this.clock.now());
    if (!madeAt) throw stale();
    const key = await this.authority.readCsr(csr);
    const publicKey = { key: Buffer.from(key.publicKey.rawData), format: 'der', type: 'spki' } as const;
    if (!verify('sha256', textToSign(serverUid, nonce), publicKey, signature)) throw unknown();
    await this.unitOfWork.asSystem('join', () => this.spend(serverUid, key.keySha256, madeAt, address));
    const { chain } = await this.authority.issueForAgent(serverUid, key);
    return create(RecoverResponseSchema, {
      certificateChain: chain,
      caBundle: this.authority.caBundle(),
      agentAddress: this.addresses.agentAddress,
      agentServerName: AGENT_LISTENER_NAME,
      listenerPin: this.listenerKeys.pin(),
    });
  }

  /** Of the nonces of a server each one spends itself and those before it: nothing else has to be kept. */
  private async spend(serverUid: string, keySha256: Buffer, madeAt: Date, address: string) {
    const server = await queryOne<RecoveringRow>(
      `select name, tenant_uid,
         revoked_at is not null or exists (select from revoked_key k where k.key_sha256 = $2) as revoked,
         recovery_nonce_at is null or recovery_nonce_at < $3 as fresh
       from server where uid = $1 and key_sha256 = $2 and removed_at is null for update`,
      [serverUid, keySha256, madeAt],
    );
    if (!server) throw unknown();
    if (server.revoked) throw revoked();
    if (!server.fresh) throw stale();
    await queryOne('update server set recovery_nonce_at = $2 where uid = $1', [serverUid, madeAt]);
    await this.sink.append([
      {
        tenantUid: server.tenant_uid,
        actor: `server ${server.name}`,
        actorUid: serverUid,
        method: 'ostler.link.v1.JoinService/Recover',
        outcome: 'done',
        reason: ErrorReason.UNSPECIFIED,
        requestId: '',
        address,
        subject: `Server ${server.name}`,
      },
    ]);
    return server;
  }
}

/** One answer for a server that there is not, one that was removed, and a key that is not its own. */
function unknown(): AppError {
  const message =
    'This control plane knows no such server with this key. Join it again with a new token; where it was removed ' +
    'on purpose, remove the agent.';
  return new AppError(ErrorReason.UNAUTHENTICATED, message);
}

function stale(): AppError {
  return new AppError(
    ErrorReason.CONFLICT,
    'The challenge was not made for this server, was answered already or is too old: ask for another one.',
  );
}

function revoked(): AppError {
  return new AppError(
    ErrorReason.DENIED,
    'An operator ended the trust in this server. A join token that replaces it brings it back.',
  );
}
