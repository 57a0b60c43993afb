import { FakeClock } from '@ostler/test-kit';
import { expect, it } from 'vitest';

import { cleanUpLoop } from './clean-up';

it('removes batch after batch every hour, one step after the other, and stops between two', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const done: string[] = [];
  let left = 3;
  const first = () => {
    done.push(`first ${left}`);
    return Promise.resolve(--left > 0);
  };
  const second = () => {
    done.push('second');
    if (done.length > 6) stop.abort();
    return Promise.resolve(true);
  };
  const running = cleanUpLoop('test', [first, second], clock).run(stop.signal);
  await clock.advance(299_000);
  expect(done).toEqual([]);
  await clock.advance(1_000);
  await running;
  expect(done).toEqual(['first 3', 'first 2', 'first 1', 'second', 'second', 'second', 'second']);
});
