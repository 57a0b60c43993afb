import { expect, test } from 'vitest';

import { KeptResources } from './kept-resources';

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);

test('what is kept is found at its own version only', () => {
  const kept = new KeptResources();
  kept.keep('site', 4n, bytes(10));
  expect(kept.find('site', 4n)).toEqual(bytes(10));
  expect(kept.find('site', 5n)).toBeUndefined();
  expect(kept.find('other', 4n)).toBeUndefined();
  kept.keep('site', 5n, bytes(20));
  expect(kept.find('site', 5n)).toEqual(bytes(20));
  expect(kept.find('site', 4n)).toBeUndefined();
});

test('what is asked for stays while others come and go, and the rest is forgotten', () => {
  const kept = new KeptResources(100_000);
  kept.keep('wanted', 1n, bytes(1000));
  kept.keep('unwanted', 1n, bytes(1000));
  for (let other = 0; other < 1000; other++) {
    kept.keep(`other ${other}`, 1n, bytes(1000));
    expect(kept.find('wanted', 1n)).toEqual(bytes(1000));
  }
  expect(kept.find('unwanted', 1n)).toBeUndefined();
  const left = Array.from({ length: 1000 }, (_, other) => kept.find(`other ${other}`, 1n)).filter(Boolean);
  expect(left.length).toBeLessThan(100);
});

test('one that is larger than everything that may be kept disturbs nobody for long', () => {
  const kept = new KeptResources(10_000);
  kept.keep('large', 1n, bytes(20_000));
  kept.keep('small', 1n, bytes(10));
  kept.keep('next', 1n, bytes(5000));
  expect(kept.find('small', 1n)).toEqual(bytes(10));
});

test('callers of other tenants, and those who ask for placements, have keys of their own', () => {
  const kept = new KeptResources();
  const keys = [
    { tenantUids: ['a'], withPlacements: false },
    { tenantUids: ['a'], withPlacements: true },
    { tenantUids: ['a', 'b'], withPlacements: false },
    { tenantUids: ['a', 'c'], withPlacements: false },
  ].map((reader) => kept.keysOf(reader)('site'));
  expect(new Set(keys).size).toBe(keys.length);
});
