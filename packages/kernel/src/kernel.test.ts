import { expect, test } from 'vitest';
import { AsyncQueue, Backoff, isUuid, newUid, Serial, Waker } from './index';

test('uids are UUIDv7 and ascend even within a millisecond and when the clock goes back', () => {
  const now = Date.now();
  const uids = Array.from({ length: 10_000 }, (_, index) => newUid(index % 3 === 0 ? now - 1 : now));
  expect(uids.every(isUuid)).toBe(true);
  expect(uids).toEqual([...uids].sort());
  expect(new Set(uids).size).toBe(uids.length);
});

test('back-off is a random part of a bound that doubles up to its limit', () => {
  const backoff = new Backoff({ firstMs: 100, mostMs: 1000, random: () => 1 });
  expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([100, 200, 400, 800, 1000, 1000]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});

test('a queue gives what was pushed before it was closed, then ends or throws', async () => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.push(2);
  queue.close(new Error('lost'));
  expect(queue.push(3)).toBe(false);
  const seen: number[] = [];
  await expect(
    (async () => {
      for await (const item of queue) seen.push(item);
    })(),
  ).rejects.toThrow('lost');
  expect(seen).toEqual([1, 2]);
});

test('pokes before a wait are one wake-up', async () => {
  const waker = new Waker();
  waker.poke();
  waker.poke();
  await waker.wait();
  let woken = false;
  const waiting = waker.wait().then(() => (woken = true));
  await Promise.resolve();
  expect(woken).toBe(false);
  waker.poke();
  await waiting;
  expect(woken).toBe(true);
});

test('serial tasks never overlap and survive a failure', async () => {
  const serial = new Serial();
  let running = 0;
  const task = async (): Promise<number> => {
    expect(++running).toBe(1);
    await Promise.resolve();
    return --running;
  };
  const failed = serial.run(() => Promise.reject(new Error('no')));
  const done = [serial.run(task), serial.run(task)];
  await expect(failed).rejects.toThrow('no');
  expect(await Promise.all(done)).toEqual([0, 0]);
});
