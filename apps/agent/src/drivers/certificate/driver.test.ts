import { ConditionStatus } from '@ostler/contracts';
import { FakeClock, HOSTILE_VALUES } from '@ostler/test-kit';
import { expect, test } from 'vitest';
import { AcmeFailure, type AcmeOrder } from '../../host/net/acme';
import { FakeFiles } from '../../host/fs/fake';
import type { Net } from '../../host/net/port';
import { contextWith, makeCertificate, placedCertificate } from './certificate.fixture';
import { CertificateFiles, Challenges, CertificateDriver } from './index';
import { MOST_FAILURES_PER_HOUR } from './schedule';

const DAY = 86_400_000;
const acme = { case: 'acme' as const, value: { termsAgreed: true } };

/** A server on which every name resolves to itself and nginx serves the challenge folder. */
function server() {
  const clock = new FakeClock();
  const files = new FakeFiles();
  const challenges = new Challenges(files, '/state/challenges');
  const orders: AcmeOrder[] = [];
  const state = {
    resolves: true,
    authority: (_order: AcmeOrder): Promise<string> => Promise.reject(new Error('no authority')),
  };
  const net: Pick<Net, 'resolve' | 'probe'> = {
    resolve: () => (state.resolves ? Promise.resolve(['192.0.2.1']) : Promise.reject(new Error('NXDOMAIN'))),
    probe: async ({ path }) => {
      const body = await files.read(`/state/challenges${path}`);
      const text = body ? new TextDecoder().decode(body) : '';
      return { answered: true, status: body ? 200 : 404, body: text, fingerprint: '' };
    },
  };
  const driver = new CertificateDriver({
    files: new CertificateFiles(files, '/state/certificates'),
    challenges,
    acme: {
      obtain(order) {
        orders.push(order);
        return state.authority(order);
      },
    },
    net: net as Net,
    link: {
      connected: false,
      sign: () => Promise.reject(new Error('not connected')),
      publishChallenge: () => Promise.reject(new Error('not connected')),
    },
    clock,
    httpPort: () => 80,
  });
  return { clock, files, driver, orders, state };
}

function ready(
  conditions: readonly { type: string; status: ConditionStatus; reason: string; message: string }[],
) {
  return conditions.find(({ type }) => type === 'Ready');
}

test('an uploaded certificate is stored with its key and published to those who reference it', async () => {
  const { clock, files, driver, state: _ } = server();
  const made = await makeCertificate(['shop.test'], {
    notBeforeMs: clock.now() - DAY,
    notAfterMs: clock.now() + 30 * DAY,
  });
  const resource = placedCertificate({
    source: {
      case: 'upload',
      value: { certificatePem: `junk\n${made.pem}`, privateKeyPem: { uid: 'key', version: 1 } },
    },
  });
  const waiting = await driver.reconcile(resource, contextWith(clock));
  expect(ready(waiting.conditions)).toMatchObject({
    status: ConditionStatus.FALSE,
    reason: 'SECRET_PENDING',
  });
  expect(waiting.output).toBeUndefined();

  const context = contextWith(clock, { key: made.privateKeyPem });
  const done = await driver.reconcile(resource, context);
  expect(ready(done.conditions)).toMatchObject({ status: ConditionStatus.TRUE });
  expect(done.output?.domains).toEqual(['shop.test']);
  expect((await files.state(done.output!.privateKeyPath))?.mode).toBe(0o600);
  expect(new TextDecoder().decode(await files.read(done.output!.certificatePath))).toBe(made.pem);

  clock.jumpWall(31 * DAY);
  expect(ready((await driver.reconcile(resource, context)).conditions)).toMatchObject({ reason: 'EXPIRED' });

  await driver.remove(resource.uid);
  expect(await files.list(`/state/certificates/${resource.uid}`)).toEqual([]);
});

test('a key that is not the certificate\u2019s is refused without a word of the key', async () => {
  const { clock, driver } = server();
  const validity = { notBeforeMs: clock.now(), notAfterMs: clock.now() + DAY };
  const [made, other] = await Promise.all([
    makeCertificate(['a.test'], validity),
    makeCertificate(['a.test'], validity),
  ]);
  const resource = placedCertificate({
    source: {
      case: 'upload',
      value: { certificatePem: made.pem, privateKeyPem: { uid: 'key', version: 1 } },
    },
  });
  for (const key of [other.privateKeyPem, 'not a key MIGHAgEA']) {
    const { conditions } = await driver.reconcile(resource, contextWith(clock, { key }));
    expect(ready(conditions)?.status).toBe(ConditionStatus.FALSE);
    expect(ready(conditions)?.message).toContain('certificate.upload.privateKeyPem');
    expect(
      JSON.stringify(conditions, (_key, value: unknown) => (typeof value === 'bigint' ? '' : value)),
    ).not.toContain('MIGH');
  }
});

test('a name that does not resolve costs no order; it is asked for once it does', async () => {
  const { clock, driver, orders, state } = server();
  const resource = placedCertificate({ domains: ['shop.test'], source: acme });
  state.resolves = false;
  const blocked = await driver.reconcile(resource, contextWith(clock));
  expect(ready(blocked.conditions)).toMatchObject({ reason: 'DNS_MISSING' });
  expect(ready(blocked.conditions)?.message).toContain('A or AAAA record');
  expect(blocked.wakeAfterMs).toBeLessThanOrEqual(5000);
  expect(orders).toEqual([]);

  state.resolves = true;
  state.authority = () => Promise.reject(new AcmeFailure('CHALLENGE', 'shop.test', 'got 404'));
  const failed = await driver.reconcile(resource, contextWith(clock));
  expect(ready(failed.conditions)).toMatchObject({ reason: 'ACME_CHALLENGE' });
  expect(ready(failed.conditions)?.message).toBe(
    'The authority could not validate the challenge for shop.test: got 404',
  );
  expect(orders).toHaveLength(1);

  // Woken again at once: the budget and the back-off hold, even after a restart of the agent.
  await driver.reconcile(resource, contextWith(clock));
  expect(orders).toHaveLength(1);
  clock.jumpWall(failed.wakeAfterMs!);
  await driver.reconcile(resource, contextWith(clock));
  expect(orders).toHaveLength(2);
});

test('renewal that fails leaves the old certificate in use and says so', async () => {
  const { clock, driver, state } = server();
  const validity = { notBeforeMs: clock.now(), notAfterMs: clock.now() + 90 * DAY };
  const made = await makeCertificate(['shop.test'], validity);
  const resource = placedCertificate({
    source: {
      case: 'upload',
      value: { certificatePem: made.pem, privateKeyPem: { uid: 'key', version: 1 } },
    },
  });
  const first = await driver.reconcile(resource, contextWith(clock, { key: made.privateKeyPem }));

  const changed = { ...resource, spec: placedCertificate({ domains: ['shop.test'], source: acme }).spec };
  state.authority = () => Promise.reject(new AcmeFailure('ORDER', '', 'too many certificates'));
  const failing = await driver.reconcile(changed, contextWith(clock));
  expect(ready(failing.conditions)).toMatchObject({ status: ConditionStatus.TRUE });
  expect(failing.conditions[1]).toMatchObject({ type: 'Degraded', reason: 'ACME_ORDER' });
  expect(failing.output).toEqual(first.output);
});

test('a hostile control plane cannot name paths, schemes or wildcards that HTTP-01 cannot prove', () => {
  const { driver } = server();
  const refused = [
    placedCertificate({ domains: ['../etc'], source: acme }),
    placedCertificate({ domains: ['a\nb.test'], source: acme }),
    placedCertificate({ domains: ['*.shop.test'], source: acme }),
    placedCertificate({ domains: [], source: acme }),
    placedCertificate({
      domains: ['a.test'],
      source: { case: 'acme', value: { directoryUrl: 'file:///etc/shadow' } },
    }),
    placedCertificate({ source: { case: 'upload', value: { certificatePem: 'nothing' } } }),
  ];
  for (const resource of refused) expect(() => driver.check(resource)).toThrow(/^certificate\./);
});

test.each(HOSTILE_VALUES)(
  '$name from a hostile control plane is refused in every text of a certificate',
  ({ name, value }) => {
    const { driver } = server();
    const withDomain = (domain: string) => placedCertificate({ domains: [domain], source: acme });
    const withAcme = (more: { directoryUrl?: string; email?: string; directoryCaPem?: string }) =>
      placedCertificate({
        domains: ['a.test'],
        source: { case: 'acme', value: { termsAgreed: true, ...more } },
      });
    // A name like any other; whether it leads to a metadata service is no matter to a certificate.
    if (name !== 'metadata name')
      expect(() => driver.check(withDomain(value))).toThrow(/^certificate\.domains/);
    expect(() => driver.check(withAcme({ directoryUrl: value }))).toThrow(/^certificate\.acme\.directoryUrl/);
    expect(() => driver.check(withAcme({ email: value }))).toThrow(/^certificate\.acme\.email/);
    expect(() => driver.check(withAcme({ directoryCaPem: value }))).toThrow(
      /^certificate\.acme\.directoryCaPem/,
    );
    const upload = { case: 'upload' as const, value: { certificatePem: value } };
    expect(() => driver.check(placedCertificate({ source: upload }))).toThrow(/^certificate\.upload/);
  },
);

test('a challenge token is a token and nothing else', async () => {
  const files = new FakeFiles();
  const challenges = new Challenges(files, '/state/challenges');
  await expect(challenges.serve('../../etc/passwd', 'a.b')).rejects.toThrow('RFC 8555');
  await expect(challenges.serve('token', 'a\nb')).rejects.toThrow('characters');
  await challenges.serve('token', 'token.thumbprint');
  const path = '/state/challenges/.well-known/acme-challenge/token';
  expect((await files.state(path))?.mode).toBe(0o644);
  await challenges.withdraw('token');
  expect(await files.state(path)).toBeUndefined();
});

test('an order that a crash cut off is spent: what is asked for never exceeds the budget', async () => {
  const { clock, driver, orders, state } = server();
  const resource = placedCertificate({ domains: ['shop.test'], source: acme });
  for (let start = 0; start < 10; start++) {
    // A process that is killed while it waits never hears of the end; the next begins with what is on disk.
    const asked = new Promise<void>((resolve) => {
      state.authority = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    await Promise.race([asked, driver.reconcile(resource, contextWith(clock))]);
    clock.jumpWall(1_000);
  }
  expect(orders).toHaveLength(MOST_FAILURES_PER_HOUR);
  const waiting = await driver.reconcile(resource, contextWith(clock));
  expect(ready(waiting.conditions)).toMatchObject({ reason: 'ACME_INTERRUPTED' });
  expect(waiting.wakeAfterMs).toBeGreaterThan(3_000_000);
});
