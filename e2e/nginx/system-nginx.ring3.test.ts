import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootServer, closeTestNetwork, type TestServer } from '../harness';
import type { Report, Wish } from './commit-sites.program';

/** The place that the agent's own unit gives it; see deploy/agent/ostler-agent.service. */
const SANDBOX = [
  ...['--wait', '--pipe', '--collect', '--quiet'],
  ...[
    'ProtectSystem=strict',
    'ReadWritePaths=/etc/nginx',
    'StateDirectory=ostler-agent',
    'StateDirectoryMode=0711',
    'NoNewPrivileges=yes',
    'ProtectControlGroups=yes',
    'ProtectKernelTunables=yes',
    'RestrictSUIDSGID=yes',
  ].map((property) => `--property=${property}`),
];

let server: TestServer;
let node: string;
let program: string;
let folder: string;
let wishes = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-nginx-program-'));
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'commit-sites.program.ts'),
    platform: 'node',
  });
  await bundle.write({ file: join(folder, 'commit-sites.cjs'), format: 'cjs' });
  await bundle.close();
  server = await bootServer({ name: 'nginx', memoryMiB: 1024 });
  node = `${await server.mountDirectory(dirname(process.execPath))}/node`;
  program = `${await server.mountDirectory(folder)}/commit-sites.cjs`;
});

afterAll(async () => {
  await closeTestNetwork();
  await rm(folder, { recursive: true, force: true });
});

async function live(wish: Wish): Promise<Report> {
  const output = await begin(wish);
  if (output.code !== 0) throw new Error(`${output.stderr} ${output.stdout}`);
  return JSON.parse(output.stdout) as Report;
}

async function begin(wish: Wish) {
  const path = `/tmp/wish-${++wishes}.json`;
  await server.writeFile(path, JSON.stringify(wish));
  return server.exec(['systemd-run', ...SANDBOX, '--', node, program, path], { timeoutMs: 120_000 });
}

function ask(host: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: server.address, port: 80, headers: { host }, agent: false },
      (response) => {
        let body = '';
        response.on('data', (piece: Buffer) => (body += piece.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

const one = (number: number, body: string) => ({ number, domains: [`s${number}.test`], body });
const mainPid = async (): Promise<string> => (await server.run(['cat', '/run/nginx.pid'])).trim();
const foreignFiles = (): Promise<string> =>
  server.run(['sh', '-c', 'cd /etc/nginx && find . -type f -not -name "*ostler*" | sort | xargs sha256sum']);

test('a site is served by the system nginx, under the same master, beside what was there', async () => {
  const [pid, files] = [await mainPid(), await foreignFiles()];
  const before = await ask('anything.test');
  const report = await live({ sites: [one(1, 'hello')], preview: true });
  expect(report).toMatchObject({ mode: 'system', outcomes: [{ committed: true }] });
  expect(report.preview).toBeDefined();
  expect(report.preview?.problem).toBeUndefined();
  expect(await ask('s1.test')).toEqual({ status: 200, body: 'hello' });
  expect(await mainPid()).toBe(pid);
  expect(await foreignFiles()).toBe(files);
  expect(await ask('anything.test')).toEqual(before);
  await server.run(['nginx', '-t']);
});

test('open files are enough for a log per site at once, and workers of old generations end after the first upkeep', async () => {
  const limits = await server.run(['cat', `/proc/${await mainPid()}/limits`]);
  expect(limits).toMatch(/Max open files\s+65536 /);
  await live({ sites: [], upkeep: true });
  expect(await server.run(['nginx', '-T', '-q'])).toContain('worker_shutdown_timeout');
});

test('a bad change is refused, its neighbour goes live, nothing is left half done', async () => {
  const report = await live({ sites: [{ ...one(1, 'bad'), isBroken: true }, one(2, 'two')] });
  expect(report.outcomes).toMatchObject([
    { committed: false, reason: 'NGINX_TEST_FAILED' },
    { committed: true },
  ]);
  expect((await ask('s1.test')).body).toBe('hello');
  expect((await ask('s2.test')).body).toBe('two');
});

test('a domain of a foreign vhost is refused with its file and line, and no file of it changes', async () => {
  await server.writeFile(
    '/etc/nginx/sites-enabled/shop',
    'server {\n  listen 80;\n  server_name shop.test;\n  return 200 "foreign";\n}\n',
  );
  await server.run(['systemctl', 'reload', 'nginx']);
  const files = await foreignFiles();
  const report = await live({ sites: [{ number: 3, domains: ['shop.test'], body: 'ours' }] });
  expect(report.outcomes).toMatchObject([
    { reason: 'DOMAIN_SHADOWED', message: expect.stringContaining('/etc/nginx/sites-enabled/shop line 1') },
  ]);
  expect((await ask('shop.test')).body).toBe('foreign');
  expect(await foreignFiles()).toBe(files);
});

test('foreign configuration that fails the test is named, and what is served stays', async () => {
  await live({ sites: [one(2, 'two')] });
  await server.writeFile(
    '/etc/nginx/sites-enabled/broken',
    'server { listen 80; proxy_pass http://no-such-name.invalid; }\n',
  );
  const output = await begin({ sites: [one(2, 'three')] });
  expect(output.stdout + output.stderr).toContain('/etc/nginx/sites-enabled/broken');
  expect((await ask('s2.test')).body).toBe('two');
  await server.run(['rm', '/etc/nginx/sites-enabled/broken']);
});

test.each(['nginx.staged', 'nginx.journalled', 'nginx.swapped', 'nginx.reloaded', 'nginx.watched'])(
  'killed at %s, after the swap also without power: old or new, and the next life goes on',
  async (failpoint) => {
    const before = (await ask('s1.test')).body;
    const after = `after ${failpoint}`;
    expect(before).toMatch(/^(hello|after nginx.[a-z]+)$/);
    expect((await begin({ sites: [one(1, after)], failpoint })).code).toBe(255);
    expect([before, after]).toContain((await ask('s1.test')).body);
    if (failpoint === 'nginx.swapped') await server.powerLoss();
    expect([before, after]).toContain((await ask('s1.test')).body);
    if (failpoint === 'nginx.swapped') {
      node = `${await server.mountDirectory(dirname(process.execPath))}/node`;
      program = `${await server.mountDirectory(folder)}/commit-sites.cjs`;
    }
    expect((await live({ sites: [one(1, after)] })).outcomes).toMatchObject([{ committed: true }]);
    expect((await ask('s1.test')).body).toBe(after);
    expect((await ask('s2.test')).body).toBe('two');
  },
);

test('an nginx that was stopped is started; removed sites are gone without a trace', async () => {
  await server.run(['systemctl', 'stop', 'nginx']);
  const report = await live({ sites: [one(1, 'again')], removed: [2] });
  expect(report.outcomes).toMatchObject([{ committed: true }, { committed: true }]);
  expect((await ask('s1.test')).body).toBe('again');
  expect((await server.run(['systemctl', 'is-active', 'nginx'])).trim()).toBe('active');
  expect(
    await server.run(['grep', '-rlc', 's2.test', '/var/lib/ostler-agent/nginx/generations']).catch(() => ''),
  ).not.toContain('s2.test');
});

test('500 sites at once, then one change', async () => {
  const sites = Array.from({ length: 500 }, (_, index) => one(index + 100, `page ${index}`));
  const first = await live({ sites });
  expect(first.outcomes.every((outcome) => outcome.committed)).toBe(true);
  expect(first.committedMs).toBeLessThan(30_000);
  expect((await ask('s599.test')).body).toBe('page 499');
  const change = await live({ sites: [one(150, 'changed')] });
  expect(change.outcomes).toMatchObject([{ committed: true }]);
  expect((await ask('s150.test')).body).toBe('changed');
  expect(change.committedMs).toBeLessThan(6_000);
  console.log(
    first.preparedMs,
    first.committedMs,
    first.log,
    change.preparedMs,
    change.committedMs,
    change.log,
  );
});
