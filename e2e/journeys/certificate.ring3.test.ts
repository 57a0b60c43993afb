import { ConditionStatus, Kind } from '@ostler/contracts';
import type { Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  beginSeveralServers,
  bootJoinedServer,
  closeTestNetwork,
  type OstlerProcess,
  type Pebble,
  startOstler,
  startPebble,
  testNetwork,
  type TestServer,
  waitFor,
} from '../harness';
import { applyText, conditionOf, readResource, waitForReady, waitForReason } from './journey';

// Certificates of a misbehaving ACME authority on two real servers that serve the same name.

let control: OstlerProcess;
let ostler: Ostler;
let first: TestServer;
let second: TestServer;
let pebble: Pebble;

beforeAll(async () => {
  await beginSeveralServers();
  const { machineAddress } = await testNetwork();
  control = await startOstler({ environment: { OSTLER_PUBLIC_ADDRESS: machineAddress } });
  ostler = await control.signIn();
  ({ server: first } = await bootJoinedServer(ostler, { name: 'web-1', labels: { role: 'web' } }));
  pebble = await startPebble({ name: 'acme.test', resolvesTo: first.address, httpPort: 80 });
  await name(first, machineAddress, 'acme.test');
});

afterAll(async () => {
  await pebble?.stop();
  await control?.stop();
  await closeTestNetwork();
  await control?.remove();
});

/** The test network has no DNS: servers find names in their own hosts file. */
async function name(server: TestServer, address: string, host: string): Promise<void> {
  const hosts = await server.readFile('/etc/hosts');
  await server.writeFile('/etc/hosts', `${hosts}${address} ${host}\n`);
}

const site = (placement: string): string => `
kind: Site
name: shop
spec:
  placement: ${placement}
  domains: [shop.test]
  handler: { fixedResponse: { status: 200, body: shop } }
  tls: { certificate: { kind: certificate, name: shop } }
`;

const certificate = (): string => `
kind: Certificate
name: shop
spec:
  domains: [shop.test]
  acme:
    directoryUrl: ${pebble.directoryUrl}
    termsAgreed: true
    directoryCaPem: |
${pebble.caPem.replaceAll(/^/gm, '      ')}
`;

async function issuerSeenBy(server: TestServer): Promise<string> {
  const format = ['-o', '/dev/null', '-sSk', '-w', '%{certs}'];
  const { stdout } = await server.exec([
    'curl',
    ...format,
    '--resolve',
    'shop.test:443:127.0.0.1',
    'https://shop.test/',
  ]);
  return /Issuer:(.*)/.exec(stdout)?.[1] ?? '';
}

test('a name that does not resolve is told before the authority is asked, and the site serves plain HTTP', async () => {
  await applyText(ostler, `${certificate()}---${site('{ server: web-1 }')}`);
  await waitFor('the cause is told', async () => {
    const ready = conditionOf(await readResource(ostler, 'shop', Kind.CERTIFICATE));
    return ready?.reason === 'DNS_MISSING' || (ready?.message ?? '').includes('does not resolve');
  });
  const ready = await waitForReason(ostler, 'shop', 'CERTIFICATE_PENDING');
  expect(ready.status).toBe(ConditionStatus.FALSE);
  const plain = ['curl', '-sS', '-H', 'Host: shop.test', 'http://127.0.0.1/'];
  expect(await first.run(plain)).toBe('shop');
});

test('once it resolves the certificate is made on the server and served', async () => {
  await name(first, first.address, 'shop.test');
  const made = await waitForReady(ostler, 'shop', Kind.CERTIFICATE);
  const [placement] = made.status?.placementStatuses ?? [];
  expect(placement?.detail).toMatchObject({ case: 'certificate', value: { domains: ['shop.test'] } });
  await waitFor('it is served', async () => (await issuerSeenBy(first)).includes('Pebble'));
});

describe('on a second server', () => {
  // Here and not in a test: it may have to wait for its place on the machine.
  beforeAll(async () => {
    ({ server: second } = await bootJoinedServer(ostler, { name: 'web-2', labels: { role: 'web' } }));
  });

  test('a second server of the same name gets its own, the challenge being on both', async () => {
    await name(second, (await testNetwork()).machineAddress, 'acme.test');
    // The authority asks the first server, so the second one is only told when the challenge was relayed.
    await name(second, first.address, 'shop.test');
    await applyText(ostler, site('{ selector: { role: web } }'));
    await waitFor(
      'the second server serves HTTPS too',
      async () => (await issuerSeenBy(second)).includes('Pebble'),
      {
        timeoutMs: 240_000,
      },
    );
    await waitForReady(ostler, 'shop', Kind.CERTIFICATE);
  });

  test('keys are readable by root alone, and none ever left its server', async () => {
    for (const server of [first, second]) {
      const keys = await server.run([
        'find',
        '/var/lib/ostler-agent',
        '-name',
        'private-key.pem',
        '-printf',
        '%m %u\n',
      ]);
      expect(new Set(keys.trim().split('\n'))).toEqual(new Set(['600 root']));
    }
    const found = await readResource(ostler, 'shop', Kind.CERTIFICATE);
    expect(
      JSON.stringify(found, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
    ).not.toContain('PRIVATE KEY');
  });
});
