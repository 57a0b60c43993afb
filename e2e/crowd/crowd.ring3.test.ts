import { Kind, Operation_State } from '@ostler/contracts';
import { newRequestId, type Ostler } from '@ostler/sdk';
import { TcpProxy } from '@ostler/test-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type OstlerProcess, startOstler, waitFor } from '../harness';
import { Crowd, type CrowdView } from './crowd';

const AGENTS = 40;
const labels = { crowd: 'yes' };
const environment = { OSTLER_EXAMPLE_SITE: 'off' };
const names = Array.from({ length: AGENTS }, (_, index) => `crowd-${index}`);

let control: OstlerProcess;
let ostler: Ostler;
let crowd: Crowd;
let proxy: TcpProxy;

beforeAll(async () => {
  control = await startOstler({ environment });
  ostler = await control.signIn();
  proxy = await TcpProxy.to(control.ports.agent);
  crowd = await Crowd.open(1);
  await crowd.join(ostler, names, labels);
  await crowd.start(`127.0.0.1:${proxy.port}`);
  await until('all are connected', ({ connected }) => connected === AGENTS);
});

afterAll(async () => {
  await crowd?.close();
  await proxy?.[Symbol.asyncDispose]();
  await control?.stop();
  await control?.remove();
});

async function until(what: string, holds: (view: CrowdView) => boolean): Promise<void> {
  await waitFor(what, async () => {
    const view = await crowd.look();
    if (holds(view)) return true;
    throw new Error(JSON.stringify(view));
  });
}

async function applyToAll(body: string): Promise<void> {
  await ostler.resources.apply({
    requestId: newRequestId(),
    resources: [
      {
        meta: { kind: Kind.SITE, name: 'crowd' },
        spec: {
          case: 'site',
          value: {
            placement: { selector: labels },
            domains: ['crowd.example.com'],
            handler: { answer: { case: 'fixedResponse', value: { status: 200, body } } },
          },
        },
      },
    ],
  });
}

async function readyEverywhere(): Promise<void> {
  await waitFor('every server has it', async () => {
    const { resources } = await ostler.resources.list({ kind: Kind.SITE });
    const ready = resources[0]?.status?.placementsReady;
    if (ready === AGENTS) return true;
    throw new Error(`${ready} of ${AGENTS}`);
  });
}

async function startOperations(): Promise<string[]> {
  const started = await Promise.all(
    names.map((server) =>
      ostler.operations.start({
        requestId: newRequestId(),
        server,
        spec: { operation: { case: 'noop', value: {} } },
      }),
    ),
  );
  return started.map(({ operation }) => operation?.uid ?? '');
}

/** Each operation ended well, and took effect once. */
async function booksBalance(uids: readonly string[]): Promise<void> {
  for (const uid of uids) {
    const { operation } = await ostler.operations.wait({ uid, waitSeconds: 60 });
    expect(operation?.state).toBe(Operation_State.SUCCEEDED);
  }
  expect((await crowd.look()).mostEffects).toBe(1);
  await until('every end was acknowledged', ({ unacknowledgedOperations }) => unacknowledgedOperations === 0);
}

test('a crowd takes a change, and comes back from a kill -9 of the control plane with balanced books', async () => {
  await applyToAll('one');
  await readyEverywhere();
  await booksBalance(await startOperations());
  const uids = await startOperations();
  const { ports, dataFolder } = control;
  await control.kill();
  await crowd.speak();
  control = await startOstler({ ports, dataFolder, environment });
  ostler = await control.signIn();
  await until('all are connected', ({ connected }) => connected === AGENTS);
  await until('all telemetry is there', ({ quiet }) => quiet === AGENTS);
  await booksBalance(uids);
  await applyToAll('two');
  await readyEverywhere();
});

test('links that break every 3 s lose nothing', async () => {
  const uids: string[] = [];
  for (let cut = 0; cut < 3; cut++) {
    await applyToAll(`flap ${cut}`);
    uids.push(...(await startOperations()));
    await crowd.speak();
    // The fault itself takes this long: nothing is waited for.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    proxy.cut();
  }
  await until('all are connected', ({ connected }) => connected === AGENTS);
  await readyEverywhere();
  await until('all telemetry is there', ({ quiet }) => quiet === AGENTS);
  await booksBalance(uids);
});

test('a flood over a slow link behind a firewall that drops idle connections starves nobody', async () => {
  await until('all are connected', ({ connected }) => connected === AGENTS);
  const connections = proxy.connections;
  proxy.slow(512 * 1024);
  proxy.dropIdle(15_000);
  const bytes = 384 * 1024;
  await crowd.speak(bytes);
  // 15 MiB at half a mebibyte a second: longer than the 25 s after which a silent peer is dead.
  const waits: number[] = [];
  while ((await crowd.look()).quiet < AGENTS) {
    const began = performance.now();
    await booksBalance(await startOperations());
    waits.push(performance.now() - began);
    const { servers } = await ostler.fleet.listServers({ pageSize: 1000 });
    expect(servers.filter(({ state }) => state !== 1).map(({ name }) => name)).toEqual([]);
  }
  proxy.slow(Number.POSITIVE_INFINITY);
  expect(waits.length).toBeGreaterThan(0);
  // No control lane was lost: what is new are telemetry lanes.
  expect(proxy.connections - connections).toBeLessThanOrEqual(AGENTS);
});
