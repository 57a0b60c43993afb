import { create } from '@bufbuild/protobuf';
import { type ServerPlan, ServerPlanSchema } from '@ostler/contracts';
import { goodSites } from '@ostler/resource-model/good-resources.fixture';
import { expect, test } from 'vitest';
import { planRefusals } from './plan-refusals';

const [site] = goodSites();
const plan = (
  serverName: string,
  message: string,
  how: { verified?: boolean; valid?: boolean } = {},
): ServerPlan => create(ServerPlanSchema, { serverName, message, verified: true, valid: false, ...how });

test('what servers refuse is told at its field, once for all who say the same', () => {
  const outside = 'handler.staticFiles.root: lies outside of /srv';
  expect(
    planRefusals(site!, [
      plan('web-1', `${outside}\npaths[0].path: is taken`),
      plan('web-2', outside),
      plan('web-3', outside),
    ]),
  ).toEqual([
    {
      field: 'handler.staticFiles.root',
      reason: 'REFUSED_THERE',
      message: 'On web-1 and 2 more: lies outside of /srv',
    },
    { field: 'paths[0].path', reason: 'REFUSED_THERE', message: 'On web-1: is taken' },
  ]);
});

test('what is no field, not asked for on the server, or not refused, is told at no field', () => {
  const message = 'domains[0]: is shadowed';
  expect(
    planRefusals(site!, [
      plan('web-1', 'nginx: [emerg] unknown directive'),
      plan('web-2', message, { verified: false }),
      plan('web-3', message, { valid: true }),
    ]),
  ).toEqual([]);
});
