import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { get } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@ostler/kernel';
import { ConditionStatus } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LibraryAcme } from '../../host/net/acme';
import { createLinuxFiles } from '../../host/fs';
import type { Net } from '../../host/net/port';
import type { Reconciled } from '../../reconcile/driver.port';
import { contextWith, makeCertificate, placedCertificate } from './certificate.fixture';
import { CertificateDriver, CertificateFiles, Challenges } from './index';

// A real authority that refuses one nonce in twenty and waits at random before it validates: as it comes.
const folder = mkdtempSync(join(tmpdir(), 'ostler-pebble-'));
const children: ChildProcess[] = [];
let web: Server;
let ports: { directory: number; management: number; dns: number };
let caPem: string;

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function start(binary: string, args: string[]): void {
  children.push(spawn(binary, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
}

/** Serves the challenge folder as nginx does. */
function serveChallenges(root: string): Promise<Server> {
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(root, new URL(request.url ?? '/', 'http://localhost').pathname)));
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

beforeAll(async () => {
  web = await serveChallenges(join(folder, 'challenges'));
  ports = { directory: await freePort(), management: await freePort(), dns: await freePort() };
  const validity = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 };
  const directory = await makeCertificate(['localhost'], validity);
  caPem = directory.pem;
  writeFileSync(join(folder, 'directory.pem'), directory.pem);
  writeFileSync(join(folder, 'directory.key'), directory.privateKeyPem);
  const configuration = {
    pebble: {
      listenAddress: `127.0.0.1:${ports.directory}`,
      managementListenAddress: `127.0.0.1:${ports.management}`,
      certificate: join(folder, 'directory.pem'),
      privateKey: join(folder, 'directory.key'),
      httpPort: (web.address() as AddressInfo).port,
      tlsPort: 1,
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
    },
  };
  writeFileSync(join(folder, 'pebble.json'), JSON.stringify(configuration));
  start('/usr/bin/pebble-challtestsrv', [
    '-dns01',
    `127.0.0.1:${ports.dns}`,
    '-defaultIPv6',
    '',
    '-http01',
    '',
    '-https01',
    '',
    '-tlsalpn01',
    '',
    '-management',
    `127.0.0.1:${await freePort()}`,
  ]);
  start('/usr/bin/pebble', ['-config', join(folder, 'pebble.json'), '-dnsserver', `127.0.0.1:${ports.dns}`]);
  const ready = () =>
    new Promise((resolve, reject) => {
      const url = `https://localhost:${ports.directory}/dir`;
      get(url, { ca: caPem }, (answer) => resolve(answer.resume())).on('error', reject);
    });
  await vi.waitFor(ready, { timeout: 30_000, interval: 100 });
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  web.close();
  rmSync(folder, { recursive: true, force: true });
});

function makeDriver(): CertificateDriver {
  const files = createLinuxFiles();
  const port = (web.address() as AddressInfo).port;
  const net: Pick<Net, 'resolve' | 'probe'> = {
    resolve: () => Promise.resolve(['127.0.0.1']),
    probe: async (probe) => {
      const answer = await fetch(`http://${probe.address}:${probe.port}${probe.path}`);
      return { answered: true, status: answer.status, body: await answer.text(), fingerprint: '' };
    },
  };
  return new CertificateDriver({
    files: new CertificateFiles(files, join(folder, 'certificates')),
    challenges: new Challenges(files, join(folder, 'challenges')),
    acme: new LibraryAcme(),
    net: net as Net,
    link: {
      connected: false,
      sign: () => Promise.reject(new Error('not connected')),
      publishChallenge: () => Promise.reject(new Error('not connected')),
    },
    clock: systemClock,
    httpPort: () => port,
  });
}

const isReady = ({ conditions }: Reconciled): boolean =>
  conditions.some(({ type, status }) => type === 'Ready' && status === ConditionStatus.TRUE);

test(
  'a certificate comes from a misbehaving authority, with a key that stays here',
  { timeout: 120_000 },
  async () => {
    const directoryUrl = `https://localhost:${ports.directory}/dir`;
    const source = {
      case: 'acme' as const,
      value: { directoryUrl, directoryCaPem: caPem, termsAgreed: true },
    };
    const resource = placedCertificate({ domains: ['shop.test', 'www.shop.test'], source });
    const driver = makeDriver();
    const done = await driver.reconcile(resource, contextWith(systemClock));
    expect(done.conditions.map(({ message }) => message).join()).toContain('Valid for');
    expect(isReady(done)).toBe(true);
    expect(done.output?.domains.toSorted()).toEqual(['shop.test', 'www.shop.test']);
    expect(
      readFileSync(done.output!.certificatePath, 'utf8').match(/BEGIN CERTIFICATE/g)!.length,
    ).toBeGreaterThan(1);

    // Again, after a restart: nothing is asked for.
    const again = await makeDriver().reconcile(resource, contextWith(systemClock));
    expect(again.output).toEqual(done.output);
  },
);

test('an authority that is not trusted, or not there, is said in words', { timeout: 120_000 }, async () => {
  const directoryUrl = `https://localhost:${ports.directory}/dir`;
  const untrusted = { case: 'acme' as const, value: { directoryUrl, termsAgreed: true } };
  const refused = await makeDriver().reconcile(
    placedCertificate({ domains: ['shop.test'], source: untrusted }),
    contextWith(systemClock),
  );
  expect(refused.conditions[0]?.message).toMatch(/The authority cannot be reached: .*certificate/);

  const absent = {
    case: 'acme' as const,
    value: { directoryUrl: 'https://localhost:1/dir', termsAgreed: true },
  };
  const missing = await makeDriver().reconcile(
    placedCertificate({ domains: ['shop.test'], source: absent }),
    contextWith(systemClock),
  );
  expect(missing.conditions[0]?.message).toContain('The authority cannot be reached');
});

test(
  'terms that were not agreed to are the authority\u2019s refusal of the account',
  { timeout: 120_000 },
  async () => {
    const directoryUrl = `https://localhost:${ports.directory}/dir`;
    const source = { case: 'acme' as const, value: { directoryUrl, directoryCaPem: caPem } };
    rmSync(join(folder, 'certificates', 'accounts'), { recursive: true, force: true });
    const refused = await makeDriver().reconcile(
      placedCertificate({ domains: ['shop.test'], source }),
      contextWith(systemClock),
    );
    expect(refused.conditions[0]?.reason).toBe('ACME_ACCOUNT');
    expect(refused.conditions[0]?.message).toMatch(/terms/i);
  },
);
