import {
  DecideHoldRequest_Decision as Decision,
  Hold_Cause,
  type Server,
  Server_State,
} from '@ostler/contracts';
import { newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  bootJoinedServer,
  closeTestNetwork,
  type OstlerProcess,
  startOstler,
  testNetwork,
  type TestServer,
  waitFor,
} from '../harness';
import { applyText, waitForReady, waitForReason } from './journey';

// What happens to the trust in one server: wrong clocks, a long absence, an older disk, a policy, and its end.

const DAY_SECONDS = 86_400;
const SITE = `
kind: Site
name: shop
spec:
  placement: { server: edge }
  domains: [shop.test]
  handler: { staticFiles: { root: /srv/shop } }
`;

let control: OstlerProcess;
let ostler: Ostler;
let server: TestServer;

beforeAll(async () => {
  const { machineAddress } = await testNetwork();
  control = await startOstler({ environment: { OSTLER_PUBLIC_ADDRESS: machineAddress } });
  ostler = await control.signIn();
  ({ server } = await bootJoinedServer(ostler, { name: 'edge' }));
  await server.writeFile('/srv/shop/index.html', 'open');
  await applyText(ostler, SITE);
  await waitForReady(ostler, 'shop');
});

afterAll(async () => {
  await control?.stop();
  await closeTestNetwork();
  await control?.remove();
});

async function edge(): Promise<Server> {
  const { server: found } = await ostler.fleet.getServer({ name: 'edge' });
  if (!found) throw new Error('edge is gone');
  return found;
}

const served = (): Promise<string> =>
  server.run(['curl', '-fsS', '--max-time', '5', '-H', 'Host: shop.test', 'http://127.0.0.1/']);

const restartAgent = (): Promise<string> => server.run(['systemctl', 'restart', 'ostler-agent']);

const chain = (): Promise<string> => server.readFile('/var/lib/ostler-agent/identity/chain.pem');

/** How often the agent of this boot was welcomed. */
async function welcomes(): Promise<number> {
  const journal = await server.journal({ unit: 'ostler-agent' });
  return journal.split('connected to the control plane').length - 1;
}

/** Restarts the agent and waits until it was welcomed and answers. */
async function helloAgain(): Promise<Server> {
  const before = await welcomes();
  await restartAgent();
  await waitFor('the agent was welcomed again', async () => (await welcomes()) > before);
  await waitFor('the agent answers', async () => {
    // A clock that is wrong is told by a step of its own.
    return (await ostler.fleet.checkConnection({ name: 'edge' })).reachable;
  });
  return edge();
}

test('a clock that is a day wrong, in either direction, is told and stops nothing', async () => {
  for (const days of [1, -1]) {
    await server.moveClock(days * DAY_SECONDS);
    const { clockSkewMs } = await helloAgain();
    expect(Number(clockSkewMs) / 86_400_000).toBeCloseTo(days, 2);
    await server.moveClock(-days * DAY_SECONDS);
  }
  expect(await served()).toBe('open');
});

test('a server that was off for 90 days comes back by itself', async () => {
  const before = await chain();
  await server.run(['systemctl', 'stop', 'ostler-agent']);
  await server.moveClock(90 * DAY_SECONDS);
  await helloAgain();
  expect(await chain()).not.toBe(before);
  expect(await server.readFile('/var/lib/ostler-agent/identity/server.json')).not.toContain('ost_join');
  const { entries } = await ostler.audit.list({ subject: 'Server edge', pageSize: 50 });
  expect(entries.some(({ method }) => method.endsWith('JoinService/Recover'))).toBe(true);
  await server.moveClock(-90 * DAY_SECONDS);
});

test('what the administrator of the server does not allow is refused with its line, and serves on', async () => {
  await server.writeFile('/etc/ostler/policy', '# mine\nallowed_roots = /var/www\npackage_installs = no\n');
  await restartAgent();
  const refused = await waitForReason(ostler, 'shop', 'POLICY_REFUSED');
  expect(refused.message).toContain('allowed_roots in /etc/ostler/policy, line 2');
  expect(await served()).toBe('open');
  expect((await edge()).localPolicy).toMatchObject({
    present: true,
    problem: '',
    allowedRoots: ['/var/www'],
    packageInstalls: false,
  });

  await server.run(['chmod', '0666', '/etc/ostler/policy']);
  await restartAgent();
  await waitFor('the problem is told', async () => (await edge()).localPolicy?.problem !== '');
  expect((await edge()).localPolicy).toMatchObject({ exec: false, selfUpdate: false, kinds: ['none'] });
  expect(await served()).toBe('open');

  // The sandbox of the unit has it read-only: the agent itself could not write it either.
  const sandbox = [
    '--target',
    (await server.run(['systemctl', 'show', '-P', 'MainPID', 'ostler-agent'])).trim(),
  ];
  const write = await server.exec(['nsenter', ...sandbox, '--mount', 'touch', '/etc/ostler/policy']);
  expect(write.stderr).toContain('Read-only file system');

  await server.run(['rm', '/etc/ostler/policy']);
  await restartAgent();
  await waitForReady(ostler, 'shop');
});

test('an older state of the disk is held, serves on, and is brought up to date by a decision', async () => {
  await server.run(['sync']);
  await server.cutPower();
  const putBack = await server.keepDisk();
  await server.powerOn();
  await helloAgain();
  await server.cutPower();
  await putBack();
  await server.powerOn();
  await waitFor('it is held', async () => (await edge()).hold !== undefined);
  expect((await edge()).hold).toMatchObject({ cause: Hold_Cause.PUT_BACK });
  expect(await served()).toBe('open');
  await applyText(ostler, SITE.replace('domains: [shop.test]', 'domains: [shop.test, store.test]'));
  await restartAgent();
  await waitFor('it is connected', async () => (await edge()).state === Server_State.CONNECTED);
  expect((await edge()).hold).toBeDefined();

  await ostler.fleet.decideHold({
    requestId: newRequestId(),
    name: 'edge',
    decision: Decision.IS_THE_SERVER,
  });
  await waitForReady(ostler, 'shop');
  expect((await edge()).hold).toBeUndefined();
  expect(
    await server.run(['curl', '-fsS', '--max-time', '5', '-H', 'Host: store.test', 'http://127.0.0.1/']),
  ).toBe('open');
});

test('a server that is revoked is out within two seconds, stays out, and serves on', async () => {
  const began = performance.now();
  await ostler.fleet.revokeServer({ requestId: newRequestId(), name: 'edge', reason: 'its disk was stolen' });
  await waitFor('its lane has ended', async () => {
    return !(await ostler.fleet.checkConnection({ name: 'edge' })).reachable;
  });
  expect(performance.now() - began).toBeLessThan(4000);
  await restartAgent();
  await waitFor('the agent hears of it', async () =>
    (await server.journal({ unit: 'ostler-agent', lines: 20 })).includes('removed or revoked'),
  );
  expect((await edge()).state).toBe(Server_State.REVOKED);
  expect(await served()).toBe('open');
});
