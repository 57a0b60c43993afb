import { messageOf, type Clock, type Timer } from '@ostler/kernel';
import type { NginxTarget } from './nginx-target';

const LOOK_MS = 5_000;
const ROTATE_EVERY_LOOKS = 12;
/** Five minutes: a server that has just joined has better things to do. */
const SETTINGS_EVERY_LOOKS = 60;

/** Looks after what runs: starts an nginx that ended, rotates large logs, writes settings for later starts. Returns what ends it. */
export function startUpkeep(
  target: Pick<NginxTarget, 'keepRunning' | 'rotateLogs' | 'keepSettings'>,
  clock: Clock,
  log: (line: string, fields?: Record<string, unknown>) => void,
): () => void {
  let timer: Timer;
  let ended = false;
  let looks = 0;
  const look = async (): Promise<void> => {
    try {
      await target.keepRunning();
      if (++looks % ROTATE_EVERY_LOOKS === 0) await target.rotateLogs();
      if (looks % SETTINGS_EVERY_LOOKS === 0) await target.keepSettings();
    } catch (error) {
      log('nginx could not be looked after', { message: messageOf(error) });
    }
    if (!ended) timer = clock.after(LOOK_MS, () => void look());
  };
  timer = clock.after(LOOK_MS, () => void look());
  return () => {
    ended = true;
    timer.cancel();
  };
}
