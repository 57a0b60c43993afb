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
  expect(preview).toMatchObject({ verified: false, files: [{ path: 'Site away', action: Action.ADD }] });
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

test('what no server has planned is the change of the spec, as a diff and marked as not verified', async () => {
  const away = { placement: { server: 'web-2' } };
  await engine.resources.apply({
    requestId: requestId(),
    resources: [helloSite('one', away), helloSite('same', away)],
  });
  const { plans } = await engine.resources.apply({
    requestId: requestId(),
    resources: [helloSite('one', { ...away, redirectToPrimary: true }), helloSite('same', away)],
    dryRun: true,
  });
  expect(plans).toHaveLength(1);
  expect(plans[0]).toMatchObject({
    verified: false,
    valid: false,
    message: expect.stringMatching(/^Not verified on the server: .*This is the change of the spec\.$/),
    files: [{ path: 'Site one', action: Action.CHANGE }],
  });
  const { diff } = plans[0]!.files[0]!;
  expect(diff).toMatch(/^--- Site one\n\+\+\+ Site one\n@@ /);
  expect(diff.split('\n').filter((line) => /^[+-][^+-]/.test(line))).toEqual(['+redirectToPrimary: true']);

  const moved = await engine.resources.apply({
    requestId: requestId(),
    resources: [helloSite('one', { placement: { selector: { role: 'none' } } })],
    dryRun: true,
  });
  expect(moved.plans[0]!.files).toMatchObject([{ path: 'Site one', action: Action.REMOVE }]);
  expect(moved.plans[0]!.files[0]!.diff).toContain('-  - one.example\n');
});

test('beyond ten servers nobody is asked, and that is said', async () => {
  for (let number = 1; number <= 12; number++)
    await engine.addServer(`many-${number}`, { labels: { role: 'many' } });
  asked.splice(0);
  const { plans } = await engine.resources.apply({
    requestId: requestId(),
    resources: [helloSite('wide', { placement: { selector: { role: 'many' } } })],
    dryRun: true,
  });
  expect([plans.length, asked.length]).toEqual([12, 10]);
  expect(plans.filter(({ message }) => message.includes('only 10 servers are asked'))).toHaveLength(2);
  expect(plans.every(({ verified, files }) => !verified && files.length === 1)).toBe(true);
});
