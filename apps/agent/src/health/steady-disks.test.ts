import { expect, test } from 'vitest';
import { steadyDisks } from './steady-disks';

const disk = (freeBytes: bigint, sizeBytes = 1000n) => ({
  mountPoint: '/',
  fileSystem: 'ext4',
  sizeBytes,
  freeBytes,
});
const told = (last: bigint, seen: bigint, size?: bigint) =>
  steadyDisks([disk(last)], [disk(seen, size)])[0]!.freeBytes;

test.each([
  ['2 % of the disk is no news yet', 500n, 480n, 500n],
  ['more than 2 % of the disk is', 500n, 479n, 479n],
  ['nor is a tenth of little that is left', 50n, 45n, 50n],
  ['but more than that tenth is', 50n, 44n, 44n],
  ['and the first byte on a full disk', 0n, 1n, 1n],
  ['space that came back is told like space that went', 500n, 521n, 521n],
])('%s', (_, last, seen, expected) => {
  expect(told(last, seen)).toBe(expected);
});

test('a disk that was made larger is told as it is', () => {
  expect(told(500n, 501n, 2000n)).toBe(501n);
});

test('disks that came and went are told', () => {
  expect(steadyDisks([], [disk(7n)])).toEqual([disk(7n)]);
  expect(steadyDisks([disk(7n)], [])).toEqual([]);
});

test('small steps add up: what is told is never off by more than the bound', () => {
  let last = [disk(900n)];
  for (let free = 900n; free >= 0n; free--) {
    last = steadyDisks(last, [disk(free)]);
    const off = last[0]!.freeBytes - free;
    expect(off * 50n <= 1000n && off * 10n <= last[0]!.freeBytes).toBe(true);
  }
});
