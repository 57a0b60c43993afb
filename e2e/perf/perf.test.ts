import { expect, test } from 'vitest';
import { replaceSection } from './report';
import { duration, percentile, timeAtRate } from './statistics';

test('percentiles are samples, by nearest rank', () => {
  const samples = [5, 1, 4, 2, 3];
  expect([0, 0.5, 0.99, 1].map((fraction) => percentile(samples, fraction))).toEqual([1, 3, 5, 5]);
  expect(() => percentile([], 0.5)).toThrow(RangeError);
});

test('a sender that falls behind counts the time that it was late', async () => {
  const samples = await timeAtRate(100, 0.05, async (index) => {
    if (index === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    await Promise.resolve();
  });
  expect(samples).toHaveLength(5);
  expect(samples[1]).toBeGreaterThan(40);
});

test('a section is replaced where it stands, and the others stay', () => {
  const text = '# Benchmarks\n\n## One\n\nold\n\n## Two\n\nkept\n';
  expect(replaceSection(text, 'One', '## One\n\nnew\n')).toBe(
    '# Benchmarks\n\n## One\n\nnew\n\n## Two\n\nkept\n',
  );
  expect(replaceSection(text, 'Three', '## Three\n')).toBe(`${text}\n## Three\n`);
});

test('durations have a unit that fits', () => {
  expect([1.24, 12.4, 2100].map(duration)).toEqual(['1.2 ms', '12 ms', '2.1 s']);
});
