import { pause } from '@ostler/kernel';
import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock';

test('timers run in the order in which they are due, with what they start', async () => {
  const clock = new FakeClock(1000);
  const seen: string[] = [];
  clock.after(20, () => seen.push(`b at ${clock.now()}`));
  clock.after(10, () => {
    seen.push(`a at ${clock.now()}`);
    clock.after(5, () => seen.push(`c at ${clock.now()}`));
  });
  clock.after(10, () => seen.push('never')).cancel();
  await clock.advance(19);
  expect(seen).toEqual(['a at 1010', 'c at 1015']);
  await clock.advance(1);
  expect(seen).toEqual(['a at 1010', 'c at 1015', 'b at 1020']);
  expect(clock.timers).toBe(0);
});

test('the wall may jump, the monotonic time does not', async () => {
  const clock = new FakeClock(1000);
  clock.jumpWall(-500);
  await clock.advance(10);
  expect([clock.now(), clock.monotonic()]).toEqual([510, 10]);
});

test('a pause ends when time has passed', async () => {
  const clock = new FakeClock();
  let ended = false;
  const paused = pause(clock, 100).then(() => (ended = true));
  await clock.advance(99);
  expect(ended).toBe(false);
  await clock.advance(1);
  await paused;
  expect(ended).toBe(true);
});
