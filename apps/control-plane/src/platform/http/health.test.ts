import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { expect, test, vi } from 'vitest';

import { Health } from './health';

test('tells each thing that is not well, and what was said of it', async () => {
  const health = new Health();
  health.add({ name: 'database', check: () => Promise.resolve() });
  health.add({
    name: 'authority',
    check: () => Promise.reject(new AppError(ErrorReason.UNAVAILABLE, 'It is shut.')),
  });
  health.add({ name: 'listeners', check: () => Promise.reject(new Error('password=secret')) });
  expect(await health.findings()).toEqual([
    { name: 'database', trouble: '' },
    { name: 'authority', trouble: 'It is shut.' },
    { name: 'listeners', trouble: 'does not answer' },
  ]);
});

test('does not wait for ever for what hangs', async () => {
  vi.useFakeTimers();
  try {
    const health = new Health();
    health.add({ name: 'database', check: () => new Promise(() => undefined) });
    const findings = health.findings();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await findings).toEqual([{ name: 'database', trouble: 'does not answer' }]);
  } finally {
    vi.useRealTimers();
  }
});
