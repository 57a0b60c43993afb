import { create, fromBinary } from '@bufbuild/protobuf';
import {
  FileChange_Action as Action,
  Kind,
  ManifestBodySchema,
  type PlanRequest,
  PlanResultSchema,
} from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { query } from '../platform/db';
import { type Engine, helloSite, requestId, selfSigned, startEngine } from '../resources/engine.fixture';

let engine: Engine;
let web1: string;
const asked: { serverUid: string; request: PlanRequest }[] = [];

beforeAll(async () => {
  engine = await startEngine();
  web1 = await engine.addServer('web-1');
  await engine.addServer('web-2');
  engine.planner.plansBy({
    plan(serverUid, request) {
      asked.push({ serverUid, request });
      const answer = create(PlanResultSchema, {
        planId: request.planId,
        valid: true,
        actions: ['reload nginx'],
        files: [{ path: '/etc/nginx/x', action: Action.ADD }],
      });
      return Promise.resolve(serverUid === web1 ? answer : undefined);
    },
  });
});
afterAll(() => engine.close());

test('a dry run asks the servers, shows what changes, and changes nothing', async () => {
  const site = helloSite('dry', { tls: { certificate: { kind: Kind.CERTIFICATE, name: 'dry' } } });
  const resources = [
    site,
    selfSigned('dry', 'dry.example'),
    helloSite('away', { placement: { server: 'web-2' } }),
  ];
  const { results, plans } = await engine.resources.apply({
    requestId: requestId(),
    resources,
    dryRun: true,
  });
  expect(results.map(({ resource }) => resource?.meta?.name)).toEqual(['dry', 'dry', 'away']);
  expect(plans.find(({ serverName }) => serverName === 'web-1')).toMatchObject({
    verified: true,
    valid: true,
    actions: ['reload nginx'],
  });
  const preview = plans.find(({ serverName }) => serverName === 'web-2')!;
  expect(preview).toMatchObject({ verified: false, files: [{ path: 'Site away', action: Action.CHANGE }] });
  expect(preview.message).toMatch(/^Not verified on the server/);
  expect(preview.files[0]!.diff).toContain('+  - away.example\n');
  const { request } = asked.find(({ serverUid }) => serverUid === web1)!;
  expect(new Set(request.resources.map(({ head }) => head!.kind))).toEqual(
    new Set([Kind.SITE, Kind.CERTIFICATE]),
  );
  const planned = request.resources.find(({ head }) => head!.kind === Kind.SITE)!;
  expect(fromBinary(ManifestBodySchema, planned.body).spec.case).toBe('site');
  expect(planned.head!.edges).toMatchObject([{ kind: Kind.CERTIFICATE, name: 'dry' }]);
  const left = await engine.system(() =>
    query(
      'select uid from resource union all select uid from secret union all select server_uid from manifest_wanted union all select resource_uid from domain_claim',
    ),
  );
  expect(left).toEqual([]);
  expect((await engine.resources.list({})).total).toBe(0);
});

test('a dry run is refused like the real run', async () => {
  const bad = helloSite('bad', { placement: { server: 'web-3' } });
  await expect(
    engine.resources.apply({ requestId: requestId(), resources: [bad], dryRun: true }),
  ).rejects.toThrow(/there is no server web-3/);
});

test('a deletion that is only tried tells its consequence', async () => {
  await engine.resources.apply({ requestId: requestId(), resources: [helloSite('stays')] });
  const answer = await engine.resources.delete({
    requestId: requestId(),
    kind: Kind.SITE,
    name: 'stays',
    dryRun: true,
  });
  expect(answer).toMatchObject({ servers: ['web-1'], consequence: expect.stringContaining('stops serving') });
  expect(
    (await engine.resources.get({ kind: Kind.SITE, name: 'stays' })).resource!.meta!.deletedAt,
  ).toBeUndefined();
});
