import { ErrorReason } from '@ostler/contracts';
import { expect, it } from 'vitest';

import type { AuditRecord } from '../platform/rpc';
import { UnknownCallers } from './unknown-callers';

const call = (address: string, method = 'a/B'): AuditRecord => ({
  tenantUid: undefined,
  actor: '',
  actorUid: undefined,
  method,
  outcome: 'denied',
  reason: ErrorReason.UNAUTHENTICATED,
  requestId: '',
  address,
  message: 'Sign in.',
});

it('tells the first call of a kind at once, and counts those after it', () => {
  const callers = new UnknownCallers();
  expect(callers.note(call('192.0.2.1'))).toEqual(call('192.0.2.1'));
  for (let time = 0; time < 1_000; time++) expect(callers.note(call('192.0.2.1'))).toBeUndefined();
  expect(callers.note(call('192.0.2.1', 'a/C'))).toBeDefined();
  expect(callers.endWindow()).toEqual([
    expect.objectContaining({
      address: '192.0.2.1',
      method: 'a/B',
      message: '1000 more such calls since the last entry.',
    }),
  ]);
});

it('begins anew with each window', () => {
  const callers = new UnknownCallers();
  callers.note(call('192.0.2.1'));
  expect(callers.endWindow()).toEqual([]);
  expect(callers.note(call('192.0.2.1'))).toBeDefined();
});

it('cannot be made to fill the trail: 100,000 calls from as many addresses are 41 entries at most', () => {
  const callers = new UnknownCallers();
  let entries = 0;
  for (let index = 0; index < 100_000; index++) {
    const address = `2001:db8::${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}`;
    if (callers.note(call(address))) entries += 1;
  }
  const summary = callers.endWindow();
  expect(entries + summary.length).toBeLessThanOrEqual(41);
  expect(summary.at(-1)).toMatchObject({ address: '', message: expect.stringContaining('99980 more calls') });
});
