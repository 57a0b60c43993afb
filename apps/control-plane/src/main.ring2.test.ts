import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, unlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { IdentityService } from '@ostler/contracts';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

// Beside the package's own modules, from where what is not bundled is found.
const program = join(import.meta.dirname, '../dist/test/main.js');
// Each of these starts processes and databases, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let data: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'main.ts'),
    platform: 'node',
    tsconfig: join(import.meta.dirname, '../tsconfig.json'),
    external: (id) => !/^(@ostler\/|@oxc-project\/runtime|[./\0])/.test(id),
  });
  await bundle.write({ file: program, format: 'esm', keepNames: true });
  await bundle.close();
  data = await mkdtemp(join(tmpdir(), 'ostler-main-'));
  await chmod(data, 0o711);
});
afterEach(async () => {
  for (const child of running) await stop(child, 'SIGTERM');
});
afterAll(async () => {
  await rm(data, { recursive: true });
  await rm(join(program, '..'), { recursive: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
}

function run(args: readonly string[] = [], settings: Record<string, string> = {}): Running {
  const env = {
    PATH: process.env['PATH'],
    OSTLER_DATA: data,
    OSTLER_HTTP_PORT: '0',
    OSTLER_PUBLIC_PORT: '0',
    OSTLER_AGENT_PORT: '0',
    OSTLER_LOCAL_AGENT: 'off',
    ...settings,
  };
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.on('exit', () => running.delete(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill(signal);
  return ((await exited) as [number | null])[0];
}

async function whenUp({ child, output }: Running): Promise<string> {
  await vi
    .waitFor(
      () => {
        if (child.exitCode !== null) throw new Error(output());
        expect(output()).toContain('Ctrl-C stops everything');
      },
      { timeout: 60_000 },
    )
    .catch(() => Promise.reject(new Error(output())));
  return output();
}

const urlIn = (output: string) => /Console\s+(http:\S+)/.exec(output)![1]!;
const loginIn = (output: string) => /First login\s+(\S+)\s+(\S+)/.exec(output);

function signIn(url: string, email: string, password: string) {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
  return createClient(IdentityService, transport).signIn({ email, password });
}

/** The database of the data folder, while it runs. */
async function postmasterPid(): Promise<number | undefined> {
  const file = await readFile(join(data, 'postgresql/18/postmaster.pid'), 'utf8').catch(() => undefined);
  return file === undefined ? undefined : Number(file.split('\n')[0]);
}

let login: readonly [string, string];

it('starts from nothing, says how to sign in, is silent, and Ctrl-C ends all of it', async () => {
  const started = run();
  const output = await whenUp(started);
  const [, email, password] = loginIn(output)!;
  login = [email!, password!];
  expect((await signIn(urlIn(output), ...login)).person?.mustChangePassword).toBe(true);
  expect(output).toMatch(
    /curl -fsSLk --pinnedpubkey \S+ https:\/\/\S+\/install\.sh \| sh -s -- --token ost_join_\S+ --ca \S+/,
  );
  expect(output).not.toContain('"level"');
  expect(await stop(started.child, 'SIGINT')).toBe(0);
  expect(await postmasterPid()).toBeUndefined();
});

it('starts again with all data, and shows no password any more', async () => {
  const output = await whenUp(run());
  expect(loginIn(output)).toBeNull();
  expect((await signIn(urlIn(output), ...login)).person?.email).toBe(login[0]);
});

it('takes over the database that a killed one left behind', async () => {
  const first = run();
  await whenUp(first);
  const pid = await postmasterPid();
  await stop(first.child, 'SIGKILL');
  const output = await whenUp(run());
  expect(output).toContain('Took over the database');
  expect(await postmasterPid()).toBe(pid);
  expect((await signIn(urlIn(output), ...login)).person?.email).toBe(login[0]);
});

it('lets the owner back in beside a running control plane, and ends the old password', async () => {
  const url = urlIn(await whenUp(run()));
  const reset = run(['reset-login']);
  await once(reset.child, 'close');
  const [, password] = /^\S+\s+(\S+)/.exec(reset.output())!;
  await expect(signIn(url, ...login)).rejects.toThrow('do not fit');
  login = [login[0], password!];
  expect((await signIn(url, ...login)).person?.mustChangePassword).toBe(true);
});

it('says when a port is taken, and takes the next', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const output = await whenUp(run([], { OSTLER_HTTP_PORT: String(port) }));
  expect(output).toMatch(new RegExp(`^Port ${port} is taken, using \\d+ \\(OSTLER_HTTP_PORT\\)`, 'm'));
  other.close();
});

it.each([
  ['OSTLER_HTTP_PORT', { OSTLER_HTTP_PORT: 'http' }],
  ['OSTLER_HTTP_PROT', { OSTLER_HTTP_PROT: '1' }],
])('names the setting that is wrong: %s', async (name, settings) => {
  const failed = run([], settings);
  const [code] = (await once(failed.child, 'close')) as [number];
  expect([code, failed.output()]).toEqual([1, expect.stringContaining(`ostler: ${name}`)]);
});

it('does not go on with a new master key on an old database', async () => {
  await unlink(join(data, 'master.key'));
  for (let time = 0; time < 2; time++) {
    const failed = run();
    const [code] = (await once(failed.child, 'close')) as [number];
    expect([code, failed.output()]).toEqual([1, expect.stringContaining('Put it back from your backup')]);
  }
  expect(await postmasterPid()).toBeUndefined();
});
