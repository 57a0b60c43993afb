import { FakeClock } from '@ostler/test-kit';
import { expect, test } from 'vitest';
import { createJsonLog } from './json-log';
import { RecentTrouble } from './recent-trouble';

function logged() {
  const recent = new RecentTrouble();
  const log = createJsonLog({ clock: new FakeClock(), level: 'debug', write: (line) => recent.take(line) });
  return { recent, log };
}

test('warnings and errors are kept, oldest first, and nothing else', () => {
  const { recent, log } = logged();
  log.info('up');
  log.warn('first', { part: 'link' });
  log.child({ part: 'x' }).error('second');
  expect(recent.lines().map((line) => (JSON.parse(line) as { line: string }).line)).toEqual([
    'first',
    'second',
  ]);
});

test('an endless stream of trouble stays a hundred short lines', () => {
  const { recent, log } = logged();
  for (let number = 1; number <= 1000; number++) log.warn(`${number} ${'x'.repeat(5000)}`);
  expect(recent.lines()).toHaveLength(100);
  expect(recent.lines()[0]).toContain('901 ');
  expect(Math.max(...recent.lines().map((line) => line.length))).toBe(1000);
});
