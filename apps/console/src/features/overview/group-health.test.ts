import { create } from '@bufbuild/protobuf';
import { Server_State, ServerSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { BY_SERVER, groupHealth, labelKeysOf } from './group-health';

const server = (name: string, labels: Record<string, string>, more: object = {}) =>
  create(ServerSchema, { uid: name, name, labels, state: Server_State.CONNECTED, ...more });
const servers = [
  server('a', { env: 'prod', zone: 'fra' }, { placements: 3, placementsReady: 3 }),
  server('b', { env: 'prod' }, { state: Server_State.DOWN, placements: 2, placementsReady: 1 }),
  server('c', { env: 'lab' }),
  server('d', {}),
];

test('a label groups its servers, the worst group first, and leads to them', () => {
  expect(groupHealth(servers, 'env').map(({ name, states }) => [name, states.length])).toEqual([
    ['env=prod', 2],
    ['env=lab', 1],
    ['without', 1],
  ]);
  expect(groupHealth(servers, 'env')[0]).toMatchObject({
    link: { to: '/servers', search: { q: 'label:env=prod' } },
    placements: 5,
    placementsReady: 4,
  });
});

test('one by one, who is down comes before who is well', () => {
  expect(groupHealth(servers, BY_SERVER).map(({ name }) => name)).toEqual(['b', 'a', 'c', 'd']);
});

test('the key that most servers have is offered first', () => {
  expect(labelKeysOf(servers)).toEqual(['env', 'zone']);
});
