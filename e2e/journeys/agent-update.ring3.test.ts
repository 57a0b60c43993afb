import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Operation_State as State, Rollout_State } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { waitFor } from '../harness';
import { newReleaseKey } from './agent-builds';
import { UpdatedServer } from './updated-server';

// Updates of the packaged agent on one booted server, good ones and bad ones.

const ROLLED_BACK_WITHIN_MS = 60_000;
const BALLAST = '/var/tmp/ballast';

let it: UpdatedServer;
let older: string;
let newer: string;
let foreign: string;

beforeAll(async () => {
  it = await UpdatedServer.boot('updated', async (builds, key) => {
    older = await builds.plain(key, 1n);
    newer = await builds.moody(key, 20n);
    foreign = await builds.moody(newReleaseKey(), 30n, 'of somebody else');
  });
  await waitFor('every release is taken', async () => {
    const { releases } = await it.ostler.agentUpdates.listReleases({});
    return releases.length === 3;
  });
}, 900_000);

afterAll(() => it?.close());
afterEach(() => it.settled());

test('a restart is told by the agent that comes up, and another process serves', async () => {
  const pid = () =>
    it.server.run(['systemctl', 'show', '--property=MainPID', '--value', 'ostler-agent.service']);
  const before = await pid();
  const operation = await it.ended(await it.start({ case: 'restartAgent', value: {} as never }));
  expect(operation).toMatchObject({ state: State.SUCCEEDED, message: 'The agent was restarted.' });
  expect(await pid()).not.toBe(before);
});

test('a release of another key is refused by the server, whatever the control plane says', async () => {
  expect(await it.update(foreign)).toMatchObject({ state: State.FAILED, reason: 'DENIED' });
  expect(await it.current()).toBe(it.installed);
});

test('a package that was changed where it is kept is refused', async () => {
  const folder = join(it.control.dataFolder, 'agent-releases', newer);
  const file = join(
    folder,
    (await readdir(folder)).find((name) => name.endsWith('.tar.gz'))!,
  );
  const whole = `${folder}.whole`;
  await cp(file, whole);
  const bytes = await readFile(file);
  bytes.fill(0x55, bytes.length - 2000, bytes.length - 1000);
  await writeFile(file, bytes);
  const operation = await it.update(newer);
  await cp(whole, file);
  await rm(whole);
  expect(operation).toMatchObject({ state: State.FAILED, reason: 'DENIED' });
  expect(operation.message).toMatch(/not what the signed release names/);
  await it.serves(it.installed);
});

async function leaveFree(bytes: number): Promise<void> {
  const [, available = ''] = (await it.server.run(['df', '--output=avail', '-B1', '/'])).trim().split('\n');
  await it.server.run(['fallocate', '--length', String(Number(available) - bytes), BALLAST]);
}

test('a disk without room for an update is left alone, and it is said what is missing', async () => {
  await leaveFree(100e6);
  const operation = await it.update(newer);
  await it.server.run(['rm', BALLAST]);
  expect(operation).toMatchObject({ state: State.FAILED, reason: 'LIMIT_EXCEEDED' });
  expect(operation.message).toMatch(/Make room/);
});

test('a disk that fills while an update is fetched or unpacked leaves the old agent running', async () => {
  const uid = await it.startUpdate(newer);
  const archive = ['find', '/var/lib/ostler-agent/update', '-name', '*.tar.gz'];
  await waitFor('it is being fetched', async () => (await it.server.run(archive)) !== '', { intervalMs: 20 });
  await leaveFree(30e6);
  const operation = await it.ended(uid);
  await it.server.run(['rm', BALLAST]);
  expect(operation.state).toBe(State.FAILED);
  expect(['LIMIT_EXCEEDED', 'NOT_SWITCHED']).toContain(operation.reason);
  expect(operation.message).toMatch(/full|No space/);
  await it.serves(it.installed);
});

// Those that crash or never connect are measured in e2e/perf/agent-update.perf.ts.
test('a new agent that hangs is replaced by the old one in time', async () => {
  await it.setMood('hangs');
  const uid = await it.startUpdate(newer);
  await waitFor('the new one is started', async () => (await it.current()) === newer);
  const switchedMs = performance.now();
  const operation = await it.ended(uid);
  expect(performance.now() - switchedMs).toBeLessThan(ROLLED_BACK_WITHIN_MS);
  expect(operation).toMatchObject({ state: State.FAILED, reason: 'ROLLED_BACK' });
  expect(await it.current()).toBe(it.installed);
  await it.serves(it.installed);
});

test('a switch in the middle of which the power fails ends with one agent and one truth', async () => {
  const uid = await it.startUpdate(newer);
  await waitFor('the timer is armed', () => it.isArmed(), { intervalMs: 20 });
  await it.server.powerLoss();
  const operation = await it.ended(uid);
  const isNew = operation.state === State.SUCCEEDED;
  expect(isNew ? '' : operation.reason).toBe(isNew ? '' : 'ROLLED_BACK');
  expect(await it.current()).toBe(isNew ? newer : it.installed);
  await it.serves(await it.current());
});

test('a rollout ends when the server is back with the good new agent', async () => {
  const wish = { requestId: newRequestId(), version: newer, server: it.name };
  const { rollout } = await it.ostler.agentUpdates.startRollout(wish);
  const hasEnded = async (): Promise<boolean> => {
    const seen = (await it.ostler.agentUpdates.getRollout({ uid: rollout!.uid })).rollout;
    if (seen?.state === Rollout_State.STOPPED) throw new Error(seen.message);
    return seen?.state === Rollout_State.SUCCEEDED;
  };
  await waitFor('the rollout has ended', hasEnded, { timeoutMs: 240_000 });
  await it.serves(newer);
  const versions = (await it.server.run(['ls', '/opt/ostler-agent'])).trim().split('\n').sort();
  expect(versions).toEqual([it.installed, newer, 'current'].sort());
});

test('an older release is refused', async () => {
  expect(await it.update(older)).toMatchObject({ state: State.FAILED, reason: 'DOWNGRADE_REFUSED' });
  await it.serves(newer);
});
