import type { HealthCheck } from '@ostler/contracts';
import type { ProbeOutcome } from '../../host/net';

/** What the checks of one address came to. */
export interface AddressHealth {
  readonly healthy: boolean;
  readonly failuresInARow: number;
  readonly answersInARow: number;
  /** The last failure in words. */
  readonly message: string;
}

/** An address is used until its checks have failed, so that a new site serves at once. */
export function newHealth(): AddressHealth {
  return { healthy: true, failuresInARow: 0, answersInARow: 0, message: '' };
}

/** Counts one check. Pure. */
export function judge(before: AddressHealth, outcome: ProbeOutcome, check: HealthCheck): AddressHealth {
  const problem = problemOf(outcome, check.expectedStatus);
  if (problem === undefined) {
    const answersInARow = before.answersInARow + 1;
    const healthy = before.healthy || answersInARow >= (check.healthyThreshold || 2);
    return { healthy, failuresInARow: 0, answersInARow, message: healthy ? '' : before.message };
  }
  const failuresInARow = before.failuresInARow + 1;
  const healthy = before.healthy && failuresInARow < (check.unhealthyThreshold || 3);
  return { healthy, failuresInARow, answersInARow: 0, message: problem };
}

function problemOf(outcome: ProbeOutcome, expected: number): string | undefined {
  if (!outcome.answered) return outcome.message;
  const fits = expected === 0 ? outcome.status >= 200 && outcome.status < 400 : outcome.status === expected;
  return fits ? undefined : `answered ${outcome.status}${expected === 0 ? '' : ` instead of ${expected}`}`;
}
