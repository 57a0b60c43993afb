import { type Clock, pause } from '@ostler/kernel';
import { AGENT_UNIT } from './installation';
import { ROLLBACK_AFTER_SECONDS, RollbackUnits } from './rollback-units';
import type { UpdaterDeps } from './switch-agent';

const LOOK_EVERY_MS = 3_000;
/** systemd started it a third time. Once may be bad luck, like memory that was short at that moment. */
const MOST_RESTARTS = 2;

/**
 * After a switch: a new agent that ends again and again is taken back at once. One that runs and does not connect, or
 * hangs, is the timer's, and so is this program should it be killed.
 */
export async function watchFirstStarts(deps: UpdaterDeps, clock: Clock): Promise<void> {
  const { folder, files, exec, say } = deps;
  const units = new RollbackUnits(files, exec);
  const endMs = clock.monotonic() + ROLLBACK_AFTER_SECONDS * 1000;
  while (clock.monotonic() < endMs) {
    await pause(clock, LOOK_EVERY_MS);
    if ((await folder.record())?.phase !== 'switching') return;
    const restarts = await restartsOf(deps);
    if (restarts < MOST_RESTARTS) continue;
    say(`The new agent ended ${restarts} times; the old one comes back.`);
    return units.begin();
  }
}

/** By systemd alone, since the unit was started; 0 when it does not say. */
async function restartsOf({ exec }: UpdaterDeps): Promise<number> {
  const args = ['show', '--property=NRestarts', '--value', '--', AGENT_UNIT];
  const { stdout } = await exec.run({ binary: '/usr/bin/systemctl', args, timeoutMs: 10_000 });
  return Number.parseInt(stdout, 10) || 0;
}
