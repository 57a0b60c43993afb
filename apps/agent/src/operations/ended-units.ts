import { messageOf } from '@ostler/kernel';
import type { Units } from '../host/exec';
import { isEnd, type Journal } from '../store';
import type { Log } from '../telemetry';

const OF_AN_OPERATION = /^ostler-op-([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})-/;

export interface EndedUnitsDeps {
  readonly units: Units;
  readonly journal: Pick<Journal, 'get'>;
  readonly log: Log;
}

/**
 * Releases the units of operations that have ended: an agent that was killed between the end and the
 * release left them as "active (exited)", and nobody else would ever look at them. What still runs for an
 * ended operation is ended. A unit that runs for an operation that nobody remembers is left and told.
 */
export async function releaseEndedUnits({ units, journal, log }: EndedUnitsDeps): Promise<void> {
  for (const name of await units.list()) {
    const uid = OF_AN_OPERATION.exec(name)?.[1];
    if (uid === undefined) continue;
    const entry = journal.get(uid);
    if (entry && !isEnd(entry.report.state)) continue;
    try {
      const { state } = await units.state(name);
      if (!entry && state === 'running') {
        log.warn('a unit runs for an operation that is not known; end it with systemctl stop', {
          unit: name,
        });
        continue;
      }
      if (state === 'running') await units.stop(name);
      await units.release(name);
      log.info('the unit of an operation that has ended is released', { unit: name });
    } catch (error) {
      log.warn('the unit of an ended operation could not be released', {
        unit: name,
        error: messageOf(error),
      });
    }
  }
}
