import { expect, test } from 'vitest';
import { decodeJournal, encodeJournal } from './journal';

const PLAIN = '{"version":1,"current":"0000000007"}\n';
const UNDER_WAY = '{"version":1,"current":"0000000007","commit":{"from":"0000000007","to":"0000000008"}}\n';

test('the bytes on disk are these, for every agent to come', () => {
  const commit = { from: '0000000007', to: '0000000008' };
  expect(encodeJournal({ current: '0000000007' })).toBe(PLAIN);
  expect(encodeJournal({ current: '0000000007', commit })).toBe(UNDER_WAY);
  expect(decodeJournal(PLAIN)).toEqual({ current: '0000000007' });
  expect(decodeJournal(UNDER_WAY)).toEqual({ current: '0000000007', commit });
  expect(decodeJournal(encodeJournal({ current: null }))).toEqual({ current: null });
});

test('a beginning of it, or something else, is no journal', () => {
  for (let length = 0; length < UNDER_WAY.length; length += 1)
    expect(decodeJournal(UNDER_WAY.slice(0, length))).toBeUndefined();
  for (const text of [
    'null\n',
    '[]\n',
    '{"version":2,"current":null}\n',
    '{"version":1,"current":"../../x"}\n',
    '{"version":1,"current":null,"commit":{"from":null}}\n',
  ])
    expect(decodeJournal(text)).toBeUndefined();
});
