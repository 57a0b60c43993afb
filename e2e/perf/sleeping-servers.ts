import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { newRequestId, type Ostler } from '@ostler/sdk';

import { joinArguments } from '../harness';
import { runProgramWith } from './run-program';

const agent = join(import.meta.dirname, '../../apps/agent/dist/agent.cjs');

/** Joins servers whose agents never run: places for resources, without their work. */
export async function joinSleepingServers(ostler: Ostler, names: readonly string[]): Promise<void> {
  const { command } = await ostler.fleet.createJoinToken({
    requestId: newRequestId(),
    maximumUses: names.length,
  });
  for (const name of names) {
    const folder = await mkdtemp(join(tmpdir(), 'ostler-sleeping-'));
    try {
      await runProgramWith({ ...process.env, OSTLER_STATE_FOLDER: folder }, process.execPath, [
        agent,
        'join',
        ...joinArguments(command),
        '--name',
        name,
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
