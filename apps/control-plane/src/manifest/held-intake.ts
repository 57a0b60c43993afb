import { ErrorReason, type HeldReport } from '@ostler/contracts';
import { isUuid } from '@ostler/kernel';
import { Injectable } from '@nestjs/common';

import { queryOne, UnitOfWork, Wake } from '../platform/db';
import { AuditSink } from '../platform/rpc';
import { OrphanRepository, type SetBack } from './orphan.repository';

/** Of an audit entry; how many more there are, it says. */
const MOST_NAMED = 20;

/**
 * Takes what the agent of an earlier epoch holds, after a restore from a backup. What is not placed there by
 * what is known here is an orphan: shown, and never removed by itself. What was changed since the backup is
 * set back with the next manifest, and the trail says so.
 */
@Injectable()
export class HeldIntake {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly orphans: OrphanRepository,
    private readonly audit: AuditSink,
  ) {}

  take(serverUid: string, report: HeldReport): Promise<void> {
    const held = report.held.filter(({ uid }) => isUuid(uid));
    return this.unitOfWork.asSystem('agent-lane', async () => {
      const orphans = await this.orphans.replace(serverUid, held);
      const setBack = await this.orphans.setBack(serverUid, held);
      await this.orphans.touchServer(serverUid);
      this.wake.notify('servers');
      await this.tell(serverUid, report.epoch, orphans, setBack);
    });
  }

  private async tell(
    serverUid: string,
    epoch: bigint,
    orphans: readonly string[],
    setBack: readonly SetBack[],
  ): Promise<void> {
    if (orphans.length === 0 && setBack.length === 0) return;
    const server = await queryOne<{ name: string; tenantUid: string }>(
      'select name, tenant_uid as "tenantUid" from server where uid = $1',
      [serverUid],
    );
    if (!server) return;
    await this.audit.append([
      {
        tenantUid: server.tenantUid,
        actor: 'restore',
        actorUid: undefined,
        method: 'Restore',
        outcome: 'done',
        reason: ErrorReason.UNSPECIFIED,
        requestId: '',
        address: '',
        subject: `Server ${server.name}`,
        message: heldText(epoch, orphans, setBack),
      },
    ]);
  }
}

/** What a person wants to know of a server that came back after a restore. */
export function heldText(epoch: bigint, orphans: readonly string[], setBack: readonly SetBack[]): string {
  const changed = setBack.map(
    ({ name, heldGeneration, generation }) => `${name} (from ${heldGeneration} to ${generation})`,
  );
  return [
    `It came back from epoch ${epoch}.`,
    changed.length > 0 && `Set back to the generation of the backup: ${listed(changed)}.`,
    orphans.length > 0 && `Not known here, and left running: ${listed(orphans)}.`,
  ]
    .filter(Boolean)
    .join(' ');
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
