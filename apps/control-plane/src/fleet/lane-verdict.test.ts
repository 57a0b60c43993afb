import { expect, test } from 'vitest';
import { laneVerdict } from './lane-verdict';

test('an agent that is let in stays, until a decision takes its counter back', () => {
  const agent = { counter: 10n, isHeld: false };
  expect(laneVerdict({ held: false, counter: 10n }, agent)).toBe('stays');
  expect(laneVerdict({ held: true, counter: 10n }, agent)).toBe('stays');
  expect(laneVerdict({ held: false, counter: 4n }, agent)).toBe('copy');
  expect(laneVerdict({ held: false, counter: 0n }, { counter: 0n, isHeld: false })).toBe('stays');
});

test('a held agent waits for the decision, then comes again or is the copy', () => {
  const agent = { counter: 5n, isHeld: true };
  expect(laneVerdict({ held: true, counter: 10n }, agent)).toBe('stays');
  expect(laneVerdict({ held: true, counter: 4n }, agent)).toBe('stays');
  expect(laneVerdict({ held: false, counter: 10n }, agent)).toBe('copy');
  expect(laneVerdict({ held: false, counter: 4n }, agent)).toBe('again');
});
