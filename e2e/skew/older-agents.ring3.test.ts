import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Operation_State as State, Server_State } from '@ostler/contracts';
import { newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { freePort } from '../harness/free-port';
import { type OstlerProcess, startOstler, waitFor } from '../harness';
import { applyText, conditionOf, readResource, waitForReady } from '../journeys/journey';
import { pageOf } from '../perf/page';
import { type Bundle, bundleOfToday, readBundle, unpackBundle, withoutFields } from './older-agents';

// Agents of past versions, as they were shipped, with the control plane of today. No server is booted: the agents run
// beside it, each with an nginx of its own.

const SITE_PROTO = 'ostler/site/v1/site.proto';
const LACKING = ['SiteSpec.maintenance', 'SiteSpec.redirect_to_primary'];

let control: OstlerProcess;
let ostler: Ostler;
let folder: string;
const agents: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-skew-'));
  await chmod(folder, 0o755);
  control = await startOstler({ environment: { OSTLER_PUBLIC_ADDRESS: '127.0.0.1' } });
  ostler = await control.signIn();
});
afterAll(async () => {
  for (const agent of agents) {
    agent.kill('SIGTERM');
    if (agent.exitCode === null) await once(agent, 'exit');
  }
  await control?.stop();
  await control?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Joins and starts the program as its version was told to; the port of its sites. */
async function startAgent(name: string, bundle: Bundle): Promise<number> {
  const program = await unpackBundle(bundle, join(folder, name, 'program'));
  const httpPort = await freePort();
  const env = {
    PATH: process.env['PATH'],
    OSTLER_STATE_FOLDER: join(folder, name, 'state'),
    OSTLER_AGENT_FILE: join(folder, name, 'no-file.json'),
    OSTLER_NGINX_MODE: 'private',
    OSTLER_NGINX_HTTP_PORT: String(httpPort),
    OSTLER_NGINX_HTTPS_PORT: String(await freePort()),
  };
  const { command, token } = await ostler.fleet.createJoinToken({ requestId: newRequestId() });
  const caPin = /--ca(?:-pin)? '?(sha256\/\/[^'\s]+)/.exec(command)![1]!;
  const url = /https:\/\/[^\s/']+/.exec(command)![0];
  const join_ = ['join', '--control', url, '--token', token, '--ca-pin', caPin, '--name', name];
  await promisify(execFile)(process.execPath, [program, ...join_], { env });
  const agent = spawn(process.execPath, [program, 'run'], { env, stdio: 'ignore' });
  agents.push(agent);
  await waitFor(`${name} is connected`, async () => {
    const { server } = await ostler.fleet.getServer({ name });
    return server?.state === Server_State.CONNECTED;
  });
  return httpPort;
}

const siteText = (server: string, more = ''): string => `
kind: Site
name: on-${server}
spec:
  placement: { server: ${server} }
  domains: [${server}.test, www.${server}.test]
  handler: { fixedResponse: { status: 200, body: hello from ${server} } }
  ${more}
`;

async function run(server: string, kind: 'noop' | 'restartAgent') {
  const { operation } = await ostler.operations.start({
    requestId: newRequestId(),
    server,
    spec: { operation: { case: kind, value: {} } },
    waitSeconds: 30,
  });
  return operation!;
}

describe.each([
  ['n-1', () => readBundle('0.1.0')],
  ['n-2', () => withoutFields(readBundle('0.1.0'), SITE_PROTO, LACKING)],
])('an agent %s', (name, bundle) => {
  let httpPort: number;

  test('joins and connects', async () => {
    httpPort = await startAgent(name, bundle());
    const { server } = await ostler.fleet.getServer({ name });
    expect(server).toMatchObject({ agentVersion: '0.1.0', featureLevel: 1 });
    expect(server?.facts?.hostname).not.toBe('');
  });

  test('takes a site, serves it and says so', async () => {
    await applyText(ostler, siteText(name));
    await waitForReady(ostler, `on-${name}`);
    expect((await pageOf({ host: '127.0.0.1', port: httpPort }, `${name}.test`)).body).toBe(
      `hello from ${name}`,
    );
  });

  test('carries operations out, and says of one that it does not know that it is too old', async () => {
    expect((await run(name, 'noop')).state).toBe(State.SUCCEEDED);
    const unknown = await run(name, 'restartAgent');
    expect(unknown).toMatchObject({ state: State.FAILED, reason: 'AGENT_TOO_OLD' });
    expect(unknown.message).toMatch(/update the agent/);
  });
});

const REDIRECTING = 'redirectToPrimary: true';

/** What the agent of this server says of a site that uses a field which it does not know. */
async function refusal(server: string): Promise<string> {
  const [resource] = await applyText(ostler, siteText(server, REDIRECTING));
  const generation = resource!.meta!.generation;
  let message = '';
  await waitFor('the agent has refused it', async () => {
    const ready = conditionOf(await readResource(ostler, `on-${server}`));
    message = ready?.message ?? '';
    return ready?.observedGeneration === generation && ready.reason === 'UNKNOWN_FIELD';
  });
  return message;
}

test('a field that an agent does not know is refused when it is used, and what was there goes on', async () => {
  expect(await refusal('n-2')).toContain('ostler.site.v1.SiteSpec');
  const { body } = await pageOf({ host: '127.0.0.1', port: await portOf('n-2') }, 'n-2.test');
  expect(body).toBe('hello from n-2');
  // The newer one takes the same.
  await applyText(ostler, siteText('n-1', REDIRECTING));
  await waitForReady(ostler, 'on-n-1');
});

test('an agent of today that is too old tomorrow lets the control plane name the field', async () => {
  await startAgent('tomorrow', withoutFields(bundleOfToday(), SITE_PROTO, LACKING));
  expect(await refusal('tomorrow')).toContain('redirectToPrimary (field 18 of ostler.site.v1.SiteSpec)');
});

async function portOf(name: string): Promise<number> {
  const { server } = await ostler.fleet.getServer({ name });
  return server!.facts!.httpPort;
}
