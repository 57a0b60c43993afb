import { expect, test } from 'vitest';
import { laneVerdict } from './lane-verdict';

const letIn = { counter: 10n, isHeld: false };
const held = { counter: 5n, isHeld: true };
const row = (counter: bigint, more = {}) => ({ held: false, rekeying: false, counter, ...more });

test('an agent that is let in stays, also while another one is held and while it makes another key', () => {
  expect(laneVerdict(row(10n), letIn)).toBe('stays');
  expect(laneVerdict(row(10n, { held: true }), letIn)).toBe('stays');
  expect(laneVerdict(row(10n, { rekeying: true }), letIn)).toBe('stays');
  expect(laneVerdict(row(0n), { counter: 0n, isHeld: false })).toBe('stays');
});

test('a held agent waits for the decision', () => {
  expect(laneVerdict(row(10n, { held: true }), held)).toBe('stays');
});

test('of two, the one that is decided to be the copy forgets, and the other one comes again', () => {
  const heldIsCopy = row(10n, { rekeying: true });
  expect(laneVerdict(heldIsCopy, held)).toBe('copy');
  expect(laneVerdict(heldIsCopy, letIn)).toBe('stays');
  const heldIsServer = row(4n, { rekeying: true });
  expect(laneVerdict(heldIsServer, held)).toBe('again');
  expect(laneVerdict(heldIsServer, letIn)).toBe('copy');
});

test('where nobody spoke of a copy, nobody forgets who it is', () => {
  for (const counter of [4n, 10n]) {
    expect(laneVerdict(row(counter), held)).toBe('again');
    expect(laneVerdict(row(counter), letIn)).not.toBe('copy');
  }
});
