import { toBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Hello, type ServerReport, ServerReportSchema } from '@ostler/contracts';
import { systemClock } from '@ostler/kernel';
import { AgentFeatures, type AgentServer, type ServerDirectory } from '../link';
import { execute, queryOne, UnitOfWork, Wake } from '../platform/db';

/** Tells the link who may speak, and keeps what agents say of their servers. */
@Injectable()
export class FleetDirectory implements OnModuleInit, ServerDirectory {
  constructor(
    private readonly features: AgentFeatures,
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
  ) {}

  onModuleInit(): void {
    this.features.register({ directory: this });
  }

  identify(serverUid: string, keySha256: Buffer): Promise<AgentServer | undefined> {
    return this.unitOfWork.asSystem('agent-lane', () =>
      queryOne<AgentServer>(
        `select uid, name, tenant_uid as "tenantUid" from server
         where uid = $1 and key_sha256 = $2 and removed_at is null`,
        [serverUid, keySha256],
      ),
    );
  }

  hello(server: AgentServer, hello: Hello): Promise<{ readonly epoch: bigint }> {
    const skewMs = hello.clock ? timestampMs(hello.clock) - systemClock.now() : 0;
    return this.unitOfWork.asSystem('agent-lane', async () => {
      await execute(
        `update server set agent_version = $2, feature_level = $3, clock_skew_ms = $4,
           report = coalesce($5, report), last_seen_at = now(), resource_version = txid_current()
         where uid = $1`,
        [server.uid, hello.agentVersion, hello.featureLevel, Math.round(skewMs), bytesOf(hello.serverReport)],
      );
      this.wake.notify('servers');
      const row = await queryOne<{ epoch: bigint }>('select epoch from installation');
      return { epoch: row?.epoch ?? 1n };
    });
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
}

function bytesOf(report: ServerReport | undefined): Buffer | null {
  return report ? Buffer.from(toBinary(ServerReportSchema, report)) : null;
}
