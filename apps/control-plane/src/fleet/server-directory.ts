import { toBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  ErrorReason,
  type Hello,
  Hold_Cause,
  type ServerReport,
  ServerReportSchema,
} from '@ostler/contracts';
import { AppError, systemClock } from '@ostler/kernel';
import {
  AgentFeatures,
  type AgentServer,
  type HelloOutcome,
  type LiveAgent,
  type ServerDirectory,
} from '../link';
import { Vault } from '../platform/crypto';
import { execute, queryOne, UnitOfWork, Wake } from '../platform/db';
import { judgeHello } from './hello-judgement';
import { isRekeyNonce, rekeyNonce } from './rekey-nonce';
import { TrustRepository } from './trust.repository';

/** PostgreSQL counts to here. */
const MOST_COUNTER = 2n ** 62n;

/** Tells the link who may speak, and keeps what agents say of their servers. */
@Injectable()
export class FleetDirectory implements OnModuleInit, ServerDirectory {
  constructor(
    private readonly features: AgentFeatures,
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly trust: TrustRepository,
    private readonly vault: Vault,
  ) {}

  onModuleInit(): void {
    this.features.register({ directory: this });
  }

  identify(serverUid: string, keySha256: Buffer): Promise<AgentServer | undefined> {
    return this.unitOfWork.asSystem('agent-lane', () =>
      queryOne<AgentServer>(
        `select uid, name, tenant_uid as "tenantUid" from server
         where uid = $1 and key_sha256 = $2 and removed_at is null and revoked_at is null
           and not exists (select from revoked_key k where k.key_sha256 = $2)`,
        [serverUid, keySha256],
      ),
    );
  }

  /** Whoever is revoked between its call and its hello is refused here: from here on a revocation finds its lane. */
  hello(server: AgentServer, hello: Hello, live: () => LiveAgent | undefined): Promise<HelloOutcome> {
    if (hello.helloCounter > MOST_COUNTER)
      throw AppError.invalid('hello_counter', 'TOO_LARGE', 'no agent says hello that often.');
    return this.unitOfWork.asSystem('agent-lane', async () => {
      const known = await this.trust.take(server.uid);
      if (!known || known.revoked_at !== null)
        return { letIn: false, message: 'This server was removed or revoked.' };
      const { helloCounter: counter, machine } = hello;
      const history = { counter: known.hello_counter, machine: known.machine };
      const judged = judgeHello(history, { counter, machine }, live());
      if (judged.hold) await this.trust.hold(known.uid, { ...judged, counter, machine });
      await this.keep(server, hello, !judged.hold);
      this.wake.notify('servers');
      const nonce = known.rekey_wanted_at && rekeyNonce(this.vault, known.uid, known.rekey_wanted_at);
      const holdMessage = judged.hold ? judged.message : '';
      return { letIn: true, epoch: known.epoch, holdMessage, rekeyNonce: nonce ?? undefined };
    });
  }

  rekey(server: AgentServer, keySha256: Buffer, nonce: Uint8Array): Promise<void> {
    return this.unitOfWork.asSystem('agent-lane', async () => {
      const known = await this.trust.take(server.uid);
      const wantedAt = known?.rekey_wanted_at;
      if (!known || !wantedAt || !isRekeyNonce(this.vault, server.uid, wantedAt, nonce)) throw notAsked();
      if (await this.trust.isKeyRevoked(keySha256)) throw notAsked();
      await this.trust.revokeKey(known.key_sha256, known.uid, 'copied: the server made another key');
      await this.trust.replaceKey(known.uid, keySha256);
      this.wake.notify('servers');
    });
  }

  bundleStored(server: AgentServer, bundleSha256: Uint8Array): Promise<void> {
    return this.unitOfWork.asSystem('agent-lane', () =>
      this.trust.bundleStored(server.uid, Buffer.from(bundleSha256)),
    );
  }

  report(server: AgentServer, report: ServerReport): Promise<void> {
    return this.unitOfWork.asSystem('agent-lane', async () => {
      await execute('update server set report = $2, resource_version = txid_current() where uid = $1', [
        server.uid,
        bytesOf(report),
      ]);
      this.wake.notify('servers');
    });
  }

  /**
   * What counts is kept of the one that is let in alone. When its newest state is back, nothing has to be decided about
   * the older one any more.
   */
  private async keep(server: AgentServer, hello: Hello, letIn: boolean): Promise<void> {
    const skewMs = hello.clock ? timestampMs(hello.clock) - systemClock.now() : 0;
    const bundle = hello.caBundleSha256.length > 0 ? Buffer.from(hello.caBundleSha256) : null;
    await execute(
      `update server set agent_version = $2, feature_level = $3, clock_skew_ms = $4,
         report = coalesce($5, report), ca_bundle_sha256 = coalesce($6, ca_bundle_sha256),
         certificate_expires_at = coalesce($7, certificate_expires_at),
         architecture = case when $8 = '' then architecture else $8 end,
         hello_counter = case when $9 then $10 else hello_counter end,
         machine = case when $9 and $11 <> '' then $11 else machine end,
         hold_cause = case when $9 and hold_cause = $12 then null else hold_cause end,
         last_seen_at = now(), resource_version = txid_current()
       where uid = $1`,
      [
        server.uid,
        hello.agentVersion,
        hello.featureLevel,
        Math.round(skewMs),
        bytesOf(hello.serverReport),
        bundle,
        server.certificateEndsAt ?? null,
        hello.serverReport?.architecture ?? '',
        letIn,
        hello.helloCounter,
        hello.machine,
        Hold_Cause.PUT_BACK,
      ],
    );
  }
}

function bytesOf(report: ServerReport | undefined): Buffer | null {
  return report ? Buffer.from(toBinary(ServerReportSchema, report)) : null;
}

function notAsked(): AppError {
  return new AppError(ErrorReason.DENIED, 'This server was not told to make another key.');
}
