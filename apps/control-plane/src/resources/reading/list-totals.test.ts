import { expect, test } from 'vitest';

import { ListTotals } from './list-totals';

test('a total is counted again only after a change', async () => {
  const totals = new ListTotals();
  let rows = 3;
  const read = (list: string, version: bigint) =>
    totals.totalOf(list, version, () => Promise.resolve(rows++));
  expect(await read('sites', 1n)).toBe(3);
  expect(await read('sites', 1n)).toBe(3);
  expect(await read('sites', 2n)).toBe(4);
  expect(await read('certificates', 2n)).toBe(5);
});

test('what could not be counted is counted by the next', async () => {
  const totals = new ListTotals();
  const failing = () => Promise.reject(new Error('the database is away'));
  await expect(totals.totalOf('sites', 1n, failing)).rejects.toThrow('away');
  expect(await totals.totalOf('sites', 1n, () => Promise.resolve(7))).toBe(7);
});
