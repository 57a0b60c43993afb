import { ErrorReason } from '@ostler/contracts';
import { expect, test } from 'vitest';

import { WriteQueue } from './write-queue';

test('tasks of one key never overlap, those of two keys do, and a failure stops nobody', async () => {
  const queue = new WriteQueue();
  const events: string[] = [];
  const task = (name: string) => async () => {
    events.push(`${name} begins`);
    await Promise.resolve();
    await Promise.resolve();
    events.push(`${name} ends`);
  };
  const failing = queue.run('a', () => Promise.reject(new Error('no')));
  const others = [queue.run('a', task('one')), queue.run('a', task('two')), queue.run('b', task('other'))];
  await expect(failing).rejects.toThrow('no');
  await Promise.all(others);
  const ofA = events.filter((event) => !event.startsWith('other'));
  expect(ofA).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  expect(events.indexOf('other begins')).toBeLessThan(events.indexOf('two begins'));
});

test('when too many wait, one more is told to come back', async () => {
  const queue = new WriteQueue();
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const waiting = Array.from({ length: 500 }, () => queue.run('a', () => gate));
  await expect(queue.run('a', () => gate)).rejects.toMatchObject({
    reason: ErrorReason.UNAVAILABLE,
    retryAfterSeconds: 2,
  });
  open();
  await Promise.all(waiting);
  await queue.run('a', () => Promise.resolve());
});
