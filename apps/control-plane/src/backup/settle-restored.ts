import { Operation_State } from '@ostler/contracts';

import type { TableLoader } from '../platform/db';
import type { BackupHeader } from './backup-format';

const { INTERRUPTED } = Operation_State;

/**
 * What differs between a moment of the past and the same control plane today, in the transaction that filled
 * the tables. docs/architecture/restore.md says why each of it.
 */
export async function settle(loader: TableLoader, header: BackupHeader, now: Date) {
  const epoch = nextEpoch(BigInt(header.epoch), now);
  await loader.run('update installation set epoch = $1', [epoch]);
  await loader.run(
    'insert into epoch_raise (epoch, raised_at, backup_taken_at, reason) values ($1, $2, $3, $4)',
    [epoch, now, header.takenAt, 'restored from a backup'],
  );
  const interrupted = await endOperations(loader, header.takenAt);
  // One that was spent after the backup could be spent again.
  await loader.run('update join_token set revoked_at = $1 where revoked_at is null', [now]);
  await startPositionsAnew(loader);
  await loader.run(
    `insert into manifest_wanted (server_uid) select uid from server where removed_at is null`,
  );
  return { epoch, interrupted };
}

/**
 * Above every epoch that there was, also those of other restores of the same backup, of which nothing here
 * can tell: the seconds since 1970 tell them apart, and the one before is counted on when a clock goes wrong.
 */
export function nextEpoch(before: bigint, now: Date): bigint {
  const seconds = BigInt(Math.floor(now.getTime() / 1000));
  return seconds > before ? seconds : before + 1n;
}

/** Whether they ran, their servers know; to send one again could make its effect happen twice. */
function endOperations(loader: TableLoader, takenAt: string): Promise<number> {
  return loader.run(
    `update operation set state = ${INTERRUPTED}, ended_at = now(), reason = 'RESTORED', message = $1 where ended_at is null`,
    [
      `The control plane was restored from a backup of ${takenAt}. What became of this operation is known on its server alone.`,
    ],
  );
}

/** Positions were numbers of transactions of another database; in this one they begin again. */
export async function startPositionsAnew(loader: TableLoader): Promise<void> {
  for (const table of ['server', 'operation', 'waiting_server', 'agent_rollout']) {
    await loader.run(`update ${table} set resource_version = 0 where resource_version <> 0`);
  }
}
