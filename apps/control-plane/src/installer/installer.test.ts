import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AgentReleaseFiles, AgentReleases } from '../agent-updates';
import type { AuthorityService, ListenerKeys } from '../authority';
import type { Addresses } from '../platform/http';
import { Installer } from './installer.service';

const template = join(import.meta.dirname, '../../../../deploy/agent/install.sh');
const content = Buffer.from('a package of the agent');
const sha256 = createHash('sha256').update(content).digest();
const pin = `sha256//${'K'.repeat(43)}=`;

let folder: string;
let release: AgentReleaseFiles | undefined;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-installer-'));
  await writeFile(join(folder, 'package'), content);
  const releases = {
    newestRelease: (architecture: string) => Promise.resolve(architecture === 'x86_64' ? release : undefined),
    packagePath: (wanted: Uint8Array) => (sha256.equals(wanted) && release ? release.path : undefined),
  } as unknown as AgentReleases;
  const authority = { caPin: () => pin } as AuthorityService;
  const addresses = { publicUrl: 'https://[2001:db8::1]:7443' } as Addresses;
  const installer = new Installer(releases, authority, { pin: () => pin } as ListenerKeys, addresses);
  installer.useTemplate(await readFile(template, 'utf8'));
  server = createServer((request, response) => {
    installer.answer(new URL(request.url!, 'http://x').pathname, request, response).then(
      (answered) => answered || response.writeHead(418).end(),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  release = {
    version: '1.2.3-abc',
    sequence: 7n,
    release: Buffer.from('signed bytes'),
    signature: Buffer.alloc(64, 1),
    sha256,
    size: content.length,
    path: join(folder, 'package'),
    publicKey: '-----BEGIN PUBLIC KEY-----\nkey\n-----END PUBLIC KEY-----\n',
  };
});

const script = async () => (await fetch(`${url}/install.sh`)).text();
const packageUrl = () => `${url}/agent/${sha256.toString('hex')}.tar.gz`;

test('the script knows its control plane, what to trust, and the signed package of each architecture', async () => {
  const lines = (await script()).split('\n');
  expect(lines).toContain("control='https://[2001:db8::1]:7443'");
  expect(lines).toContain(`listener_pin='${pin}'`);
  expect(lines).toContain(`ca_pin='${pin}'`);
  const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64');
  const { release: bytes, signature, publicKey } = release!;
  expect(lines).toContain(`release_key='${base64(publicKey)}'`);
  const words = ['x86_64', sha256.toString('hex'), 22, '1.2.3-abc', base64(bytes), base64(signature)];
  expect(lines).toContain(`packages='${words.join(' ')}'`);
  expect(lines.filter((line) => line !== '').at(-1)).toBe('main "$@"');
});

test('while the package is made, the script says nothing of it, and who waits is told when to come back', async () => {
  release = undefined;
  expect(await script()).toContain("\npackages=''\n");
  const waiting = await fetch(`${url}/install.sh?package=ready`);
  expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await waiting.text()).toContain('still being made');
});

test.each([
  ['version', "1'; touch /tmp/x; '"],
  ['version', '1\n2'],
])('a %s that is none (%j) reaches no script', async (field, value) => {
  release = { ...release!, [field]: value };
  await expect(fetch(`${url}/install.sh`)).rejects.toThrow();
});

test('a package is sent by its digest, whole or the piece that is missing, and may be kept for ever', async () => {
  const whole = await fetch(packageUrl());
  expect([whole.status, await whole.text()]).toEqual([200, content.toString()]);
  expect(whole.headers.get('cache-control')).toContain('immutable');
  const etag = whole.headers.get('etag')!;
  const ask = (headers: Record<string, string>) => fetch(packageUrl(), { headers });
  const piece = await ask({ range: 'bytes=2-8', 'if-range': etag });
  expect([piece.status, await piece.text(), piece.headers.get('content-range')]).toEqual([
    206,
    'package',
    'bytes 2-8/22',
  ]);
  expect((await ask({ range: 'bytes=2-8', 'if-range': '"another"' })).status).toBe(200);
  const beyond = await ask({ range: 'bytes=22-' });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */22']);
  const head = await fetch(packageUrl(), { method: 'HEAD' });
  expect([head.headers.get('content-length'), await head.text()]).toEqual(['22', '']);
});

test.each([
  '/agent/',
  '/agent/../etc/passwd',
  `/agent/${'0'.repeat(64)}.tar.gz`,
  `/agent/${'0'.repeat(64)}.tar.gz/..`,
  `/agent/${'A'.repeat(64)}.tar.gz`,
])('there is nothing at %s', async (path) => {
  expect([404, 418]).toContain((await fetch(`${url}${path}`)).status);
});
