import { Injectable } from '@nestjs/common';
import { execute, query } from '../platform/db';
import type { FolderRelease } from './release-folder';

/** Table `agent_release`, within a unit of the system: releases belong to no tenant. */
@Injectable()
export class AgentReleaseRepository {
  async versions(): Promise<ReadonlySet<string>> {
    const rows = await query<{ version: string }>('select version from agent_release');
    return new Set(rows.map(({ version }) => version));
  }

  /** False when the version, or another one with its sequence, is there already. */
  async insert({ release, signed }: FolderRelease): Promise<boolean> {
    const count = await execute(
      `insert into agent_release (version, sequence, release, signature) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [release.version, release.sequence, Buffer.from(signed.release), Buffer.from(signed.signature)],
    );
    return count > 0;
  }

  async remove(version: string): Promise<void> {
    await execute('delete from agent_release where version = $1', [version]);
  }

  /** Those that a rollout may still hand out. */
  async inUse(): Promise<ReadonlySet<string>> {
    const rows = await query<{ version: string }>('select version from agent_rollout where ended_at is null');
    return new Set(rows.map(({ version }) => version));
  }
}
