import { create } from '@bufbuild/protobuf';
import { ConditionSchema, ConditionStatus, Kind } from '@ostler/contracts';
import { expect, test } from 'vitest';

import { type PlacementCounts, rollUpReady } from './roll-up';

const resource = { kind: Kind.SITE, generation: 3n, updatedAt: new Date(0), deletedAt: null };
const none: PlacementCounts = { placements: 0, ready: 0, away: 0, awayReady: 0, removing: 0 };
const failed = {
  serverName: 'web-2',
  condition: create(ConditionSchema, { type: 'Ready', reason: 'PORT_TAKEN', message: 'Port 80 is taken.' }),
};

test.each<[string, Partial<PlacementCounts>, ConditionStatus, string, RegExp]>([
  ['no server', {}, ConditionStatus.FALSE, 'NO_SERVER', /Join or label one/],
  ['every placement ready', { placements: 2, ready: 2 }, ConditionStatus.TRUE, 'READY', /2 servers/],
  [
    'one has not reported',
    { placements: 2, ready: 1, pendingName: 'web-2' },
    ConditionStatus.UNKNOWN,
    'PENDING',
    /web-2 to report generation 3/,
  ],
  [
    'one says no',
    { placements: 2, ready: 1, failed },
    ConditionStatus.FALSE,
    'PORT_TAKEN',
    /^On web-2: Port 80 is taken\.$/,
  ],
  [
    'one is away that was ready',
    { placements: 1, away: 1, awayReady: 1, awayName: 'web-1' },
    ConditionStatus.UNKNOWN,
    'SERVER_UNREACHABLE',
    /web-1 is not connected; last known: Ready/,
  ],
  [
    'one says no while another is away',
    { placements: 2, away: 1, failed },
    ConditionStatus.FALSE,
    'PORT_TAKEN',
    /web-2/,
  ],
])('%s', (_name, counts, status, reason, message) => {
  const ready = rollUpReady(resource, { ...none, ...counts });
  expect(ready).toMatchObject({ type: 'Ready', status, reason, observedGeneration: 3n });
  expect(ready.message).toMatch(message);
});

test('what is being removed is not Ready, and says which server it waits for', () => {
  const ready = rollUpReady(
    { ...resource, deletedAt: new Date(1) },
    { ...none, removing: 1, away: 1, awayName: 'web-1' },
  );
  expect(ready).toMatchObject({ status: ConditionStatus.FALSE, reason: 'REMOVING' });
  expect(ready.message).toBe(
    'Being removed from 1 server; web-1 is not connected and will do so when it comes back.',
  );
});

test('a certificate that nothing references says so', () => {
  expect(rollUpReady({ ...resource, kind: Kind.CERTIFICATE }, none).message).toMatch(/Nothing references it/);
});
