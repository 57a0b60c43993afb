import { create, toBinary } from '@bufbuild/protobuf';
import {
  Kind,
  ManifestBodySchema,
  OperationReport_State as State,
  OperationStartSchema,
  PlanRequestSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { expect, test } from 'vitest';
import { fakeServer } from './testing/agent-on-fakes';
import { siteBody } from './testing/manifest-builder';

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
