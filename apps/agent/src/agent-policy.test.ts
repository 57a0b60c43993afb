import { create } from '@bufbuild/protobuf';
import {
  ConditionStatus,
  Kind,
  OperationReport_State as State,
  OperationStartSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { expect, test, vi } from 'vitest';
import { fakeServer, offer, readyOf, takeStatus } from './testing/agent-on-fakes';
import { certificateBody } from './testing/manifest-builder';

const POLICY = '/etc/ostler/policy';
const READY = `${ConditionStatus.TRUE} APPLIED`;
const REFUSED = `${ConditionStatus.FALSE} POLICY_REFUSED`;

test('a kind that the administrator does not allow is not touched, and the others are', async () => {
  const server = await fakeServer();
  server.files.seed(POLICY, '# mine\nkinds = Certificate\n');
  const agent = await server.boot();
  const [site, certificate] = [newUid(), newUid()];
  await offer(agent, {
    serverUid: server.serverUid,
    revision: 1n,
    resources: [
      { uid: site, name: 'site' },
      { uid: certificate, name: 'certificate', kind: Kind.CERTIFICATE, body: certificateBody('a.test') },
    ],
  });
  await agent.reconciler.settled();
  const reports = takeStatus(agent);
  expect(readyOf(reports.get(site))).toBe(REFUSED);
  expect(reports.get(site)?.conditions[0]?.message).toContain(`kinds in ${POLICY}, line 2`);
  expect(readyOf(reports.get(certificate))).toBe(READY);
  expect(Object.keys(server.files.tree('/effects'))).toEqual([`/effects/certificates/${certificate}`]);
});

test('a policy that comes later leaves what is served, and one that goes lets it be healed', async () => {
  const server = await fakeServer();
  const agent = await server.boot();
  const uid = newUid();
  await offer(agent, { serverUid: server.serverUid, revision: 1n, resources: [{ uid, name: 'site' }] });
  await agent.reconciler.settled();
  expect(readyOf(takeStatus(agent).get(uid))).toBe(READY);

  server.files.seed(POLICY, 'kinds = none\n');
  await server.clock.advance(60_000);
  await agent.reconciler.settled();
  expect(readyOf(takeStatus(agent).get(uid))).toBe(REFUSED);
  expect(server.files.tree('/effects')).toEqual({ [`/effects/sites/${uid}`]: 'generation 1' });

  await server.files.removeTree(POLICY);
  await server.clock.advance(60_000);
  await agent.reconciler.settled();
  expect(readyOf(takeStatus(agent).get(uid))).toBe(READY);
});

test('what is removed from the manifest is removed, whatever the policy says', async () => {
  const server = await fakeServer();
  const agent = await server.boot();
  const uid = newUid();
  const { serverUid } = server;
  await offer(agent, { serverUid, revision: 1n, resources: [{ uid, name: 'site' }] });
  await agent.reconciler.settled();
  server.files.seed(POLICY, 'kinds = none\n');
  await server.clock.advance(60_000);
  await offer(agent, {
    serverUid,
    revision: 2n,
    tombstones: [{ uid, kind: Kind.SITE, name: 'site', generation: 2n }],
  });
  await agent.reconciler.settled();
  expect(server.files.tree('/effects')).toEqual({});
});

test('operations that it does not allow end as refused, with file and line', async () => {
  const server = await fakeServer();
  server.files.seed(POLICY, 'package_installs = no\nself_update = no\n');
  const agent = await server.boot();
  const uid = newUid();
  const operation = { case: 'installNginx' as const, value: {} };
  await agent.core.startOperation(create(OperationStartSchema, { uid, operation }));
  await vi.waitFor(() =>
    expect(agent.core.unacknowledgedOperations()).toMatchObject([
      { uid, state: State.FAILED, reason: 'POLICY_REFUSED' },
    ]),
  );
  expect(agent.core.unacknowledgedOperations()[0]?.message).toContain(
    `package_installs in ${POLICY}, line 1`,
  );
  expect(server.units.units.size).toBe(0);
});

test('every report of the server tells the policy as it is now, and a change makes one', async () => {
  const server = await fakeServer();
  const agent = await server.boot();
  expect((await agent.core.serverReport()).localPolicy).toMatchObject({
    present: false,
    packageInstalls: true,
  });
  server.files.seed(POLICY, 'package_installs = no\n');
  expect((await agent.core.serverReport()).localPolicy).toMatchObject({
    present: true,
    packageInstalls: false,
  });
  server.files.seed(POLICY, 'nonsense\n');
  expect((await agent.core.serverReport()).localPolicy).toMatchObject({ kinds: ['none'], exec: false });
});
