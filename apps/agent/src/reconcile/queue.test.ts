import { FakeClock } from '@ostler/test-kit';
import { expect, test } from 'vitest';
import { ReconcileQueue, type Place } from './queue';

interface Run {
  readonly key: string;
  readonly signal: AbortSignal;
  readonly place: Place;
  readonly end: (againInMs?: number) => void;
  readonly fail: () => void;
}

function queue(limit = 2, mostParked?: number) {
  const clock = new FakeClock();
  const runs: Run[] = [];
  const made = new ReconcileQueue({
    clock,
    limit,
    mostParked,
    random: () => 1,
    failed: () => undefined,
    run: (key, signal, place) =>
      new Promise((resolve, reject) =>
        runs.push({ key, signal, place, end: resolve, fail: () => reject(new Error('no')) }),
      ),
  });
  const working = () => runs.map(({ key }) => key).join('');
  return { made, clock, runs, working };
}

test('many wakes before a run are one, and wakes during it are one more', async () => {
  const { made, clock, runs, working } = queue();
  for (let count = 0; count < 3; count++) made.wake('a');
  expect(working()).toBe('a');
  made.wake('a');
  made.wake('a');
  expect(working()).toBe('a');
  runs[0]!.end();
  await clock.advance(0);
  expect(working()).toBe('aa');
  runs[1]!.end();
  await clock.advance(0);
  expect(working()).toBe('aa');
});

test('no more than the limit work at once, in the order in which they were woken', async () => {
  const { made, clock, runs, working } = queue(2);
  for (const key of 'abcd') made.wake(key);
  expect(working()).toBe('ab');
  runs[1]!.end();
  await clock.advance(0);
  expect(working()).toBe('abc');
});

test('a parked one gives its place away until it goes on', async () => {
  const { made, clock, runs, working } = queue(1);
  for (const key of 'abc') made.wake(key);
  let open = (): void => undefined;
  const parked = runs[0]!.place.parked(() => new Promise<void>((resolve) => (open = resolve)));
  expect(working()).toBe('ab');
  open();
  await parked;
  runs[1]!.end();
  await clock.advance(0);
  expect(working()).toBe('ab');
  runs[0]!.end();
  await clock.advance(0);
  expect(working()).toBe('abc');
});

test('a failure comes again after a delay that doubles up to five minutes, a wake comes at once', async () => {
  const { made, clock, runs, working } = queue();
  made.wake('a');
  for (const delayMs of [1000, 1500, 2500, 4500]) {
    runs.at(-1)!.fail();
    const before = working();
    await clock.advance(delayMs - 1);
    expect(working()).toBe(before);
    await clock.advance(1);
    expect(working()).toBe(`${before}a`);
  }
  for (let count = 0; count < 12; count++) {
    runs.at(-1)!.fail();
    await clock.advance(300_500);
  }
  expect(working()).toHaveLength(17);
  runs.at(-1)!.fail();
  await clock.advance(0);
  made.wake('a');
  expect(working()).toHaveLength(18);
  runs.at(-1)!.end(60_000);
  await clock.advance(0);
  await clock.advance(60_000);
  runs.at(-1)!.fail();
  await clock.advance(1000);
  expect(working()).toHaveLength(20);
});

test('an interrupted run is told, and its key is worked on again when it was woken', async () => {
  const { made, clock, runs, working } = queue();
  made.wake('a');
  made.interrupt('a');
  made.wake('a');
  expect(runs[0]!.signal.aborted).toBe(true);
  runs[0]!.fail();
  await clock.advance(0);
  expect(working()).toBe('aa');
});

test('after a stop nothing begins, and what works is told', async () => {
  const { made, clock, runs, working } = queue(1);
  made.wake('a');
  made.wake('b');
  made.stop();
  expect(runs[0]!.signal.aborted).toBe(true);
  runs[0]!.end(10);
  await clock.advance(1000);
  made.wake('c');
  expect(working()).toBe('a');
  expect(clock.timers).toBe(0);
});

test('no more than so many are parked at once: each holds its plan in memory', async () => {
  const { made, clock, runs, working } = queue(2, 2);
  for (const key of 'abcde') made.wake(key);
  const opened: (() => void)[] = [];
  const park = (run: Run) => run.place.parked(() => new Promise<void>((resolve) => opened.push(resolve)));
  const parked = [park(runs[0]!), park(runs[1]!)];
  expect(working()).toBe('abc');
  opened[0]!();
  await parked[0];
  runs[0]!.end();
  await clock.advance(0);
  expect(working()).toBe('abcd');
});
