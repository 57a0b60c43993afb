import { FakeClock } from '@ostler/test-kit';
import { expect, test } from 'vitest';
import { BelievedClock } from './believed-clock';

const DAY_MS = 86_400_000;

test('until it is told, this server is believed; then the control plane, also as time goes by', async () => {
  const clock = new FakeClock();
  const believed = new BelievedClock(clock);
  expect(believed.now()).toBe(clock.now());
  expect(believed.skewMs).toBeUndefined();
  const theirMs = clock.now() + 90 * DAY_MS;
  believed.tell(theirMs);
  await clock.advance(5000);
  expect(believed.now()).toBe(theirMs + 5000);
  expect(believed.skewMs).toBe(-90 * DAY_MS);
});
