import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorReason, type Hello, type ServerReport } from '@ostler/contracts';
import { AppError, Gather } from '@ostler/kernel';
import {
  AgentFeatures,
  type AgentServer,
  type HelloOutcome,
  type LiveAgent,
  type ServerDirectory,
} from '../link';
import { Vault } from '../platform/crypto';
import { execute, isDatabaseAway, prepared, query, UnitOfWork, Wake } from '../platform/db';
import { bytesOf, HelloIntake } from './hello-intake';
import { isRekeyNonce } from './rekey-nonce';
import { TrustRepository } from './trust.repository';

/** PostgreSQL counts to here. */
const MOST_COUNTER = 2n ** 62n;

const MOST_TOGETHER = 128;

interface ShownKey {
  readonly serverUid: string;
  readonly keySha256: Buffer;
}

const identifySql = prepared(
  `select shown.at, s.uid, s.name, s.tenant_uid as "tenantUid"
   from unnest($1::uuid[], $2::bytea[]) with ordinality as shown (uid, key_sha256, at)
   join server s on s.uid = shown.uid and s.key_sha256 = shown.key_sha256
   where s.removed_at is null and s.revoked_at is null
     and not exists (select from revoked_key k where k.key_sha256 = shown.key_sha256)`,
);

/** Tells the link who may speak, and keeps what agents say of their servers. */
@Injectable()
export class FleetDirectory implements OnModuleInit, ServerDirectory {
  /** Both lanes of every agent of a fleet ask at the same time, when it comes back. */
  private readonly identities = new Gather<ShownKey, AgentServer | undefined>(
    (shown) => this.identifyAll(shown),
    { most: MOST_TOGETHER, isForAll: isDatabaseAway },
  );

  constructor(
    private readonly features: AgentFeatures,
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly trust: TrustRepository,
    private readonly hellos: HelloIntake,
    private readonly vault: Vault,
  ) {}

  onModuleInit(): void {
    this.features.register({ directory: this });
  }

  identify(serverUid: string, keySha256: Buffer): Promise<AgentServer | undefined> {
    return this.identities.ask({ serverUid, keySha256 });
  }

  /** Whoever is revoked between its call and its hello is refused here: from here on a revocation finds its lane. */
  hello(server: AgentServer, hello: Hello, live: () => LiveAgent | undefined): Promise<HelloOutcome> {
    if (hello.helloCounter > MOST_COUNTER)
      throw AppError.invalid('hello_counter', 'TOO_LARGE', 'no agent says hello that often.');
    return this.hellos.take({ server, hello, live });
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

  private async identifyAll(shown: readonly ShownKey[]): Promise<(AgentServer | undefined)[]> {
    const rows = await this.unitOfWork.asSystem('agent-lane', () =>
      query<AgentServer & { readonly at: bigint }>(identifySql, [
        shown.map(({ serverUid }) => serverUid),
        shown.map(({ keySha256 }) => keySha256),
      ]),
    );
    const found = new Map(rows.map(({ at, ...server }) => [Number(at), server]));
    return shown.map((_, index) => found.get(index + 1));
  }
}

function notAsked(): AppError {
  return new AppError(ErrorReason.DENIED, 'This server was not told to make another key.');
}
