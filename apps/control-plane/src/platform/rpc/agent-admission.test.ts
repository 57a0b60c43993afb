import { AppError } from '@ostler/kernel';
import { FakeClock } from '@ostler/test-kit';
import { expect, test } from 'vitest';
import { AgentAdmission } from './agent-admission';

/** Seconds to wait, 0 when let in. */
function ask(admission: AgentAdmission, address: string): number {
  try {
    admission.take(address);
    return 0;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.retryAfterSeconds ?? 0;
  }
}

test('a fleet behind one address is spread over the time that it takes, and others come in at once', async () => {
  const clock = new FakeClock();
  const admission = new AgentAdmission(clock);
  const waits = Array.from({ length: 1000 }, () => ask(admission, '192.0.2.1'));
  expect(waits.filter((seconds) => seconds === 0)).toHaveLength(100);
  expect(waits.at(-1)).toBe(19);
  expect(ask(admission, '192.0.2.2')).toBe(0);
  await clock.advance(1000);
  const next = Array.from({ length: 60 }, () => ask(admission, '192.0.2.1'));
  expect(next.filter((seconds) => seconds === 0)).toHaveLength(50);
});
