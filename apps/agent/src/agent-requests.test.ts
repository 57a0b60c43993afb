import { create, toBinary } from '@bufbuild/protobuf';
import {
  ChangeCauseSchema,
  Kind,
  ManifestBodySchema,
  OperationReport_State as State,
  OperationStartSchema,
  PlanRequestSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { expect, test } from 'vitest';
import { fakeServer } from './testing/agent-on-fakes';
import { buildManifest, siteBody } from './testing/manifest-builder';

test('a plan goes to the drivers and changes nothing', async () => {
  const server = await fakeServer();
  const agent = await server.boot();
  const uid = newUid();
  const body = toBinary(ManifestBodySchema, siteBody('a.example'));
  const head = { uid, kind: Kind.SITE, name: 'a', generation: 1n };
  const request = create(PlanRequestSchema, { planId: 'p', resources: [{ head, body }] });
  const plan = await agent.core.plan(request);
  expect(plan).toMatchObject({ planId: 'p', valid: true, actions: [`write ${uid}`] });
  expect(server.files.tree('/effects')).toEqual({});
  expect(agent.core.fence().revision).toBe(0n);
});

test('a no-op ends at once, once, and is forgotten when the control plane has its end', async () => {
  const server = await fakeServer();
  const agent = await server.boot();
  const start = create(OperationStartSchema, { uid: newUid(), operation: { case: 'noop', value: {} } });
  await agent.core.startOperation(start);
  await agent.core.startOperation(start);
  expect(agent.core.unacknowledgedOperations()).toMatchObject([{ uid: start.uid, state: State.SUCCEEDED }]);
  agent.core.forgetOperation(start.uid);
  expect(agent.core.unacknowledgedOperations()).toEqual([]);
});

test('the log names the calls behind a manifest and an operation', async () => {
  const server = await fakeServer();
  const agent = await server.boot();
  const [traceId, requestId] = ['4bf92f3577b34da6a3ce929d0e0e4736', newUid()];
  const call = { requestId, traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  const { offer, index } = buildManifest({ serverUid: server.serverUid, revision: 1n, resources: [] });
  const cause = create(ChangeCauseSchema, { uid: newUid(), generation: 1n, ...call });
  await agent.core.storeManifest(offer, index, [cause, cause]);
  const uid = newUid();
  const operation = { case: 'noop' as const, value: {} };
  await agent.core.startOperation(create(OperationStartSchema, { uid, operation, ...call }));
  const names = server.said.filter((line) => line.includes(traceId) && line.includes(requestId));
  expect(names.map((line) => line.slice(0, line.indexOf(' {')))).toEqual([
    'a manifest is stored',
    'an operation is taken',
  ]);
  expect(names[0]).toContain(`"traceIds":"${traceId}"`);
});

test('a plan of what breaks a rule is invalid and names the field', async () => {
  const server = await fakeServer();
  const agent = await server.boot();
  const body = toBinary(
    ManifestBodySchema,
    create(ManifestBodySchema, { spec: { case: 'site', value: {} } }),
  );
  const head = { uid: newUid(), kind: Kind.SITE, name: 'a' };
  const plan = await agent.core.plan(create(PlanRequestSchema, { planId: 'p', resources: [{ head, body }] }));
  expect(plan).toMatchObject({ valid: false, message: expect.stringContaining('domains') });
});
