import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Kind, SiteSpecSchema, Upstream_Balance, type SiteSpec } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { digestOf, renderConfiguration, type ServerFacts } from '../../targets/nginx';
import type { SiteInputs } from './inputs';
import { renderSite } from './render/site';
import { FACTS } from './site-facts.fixture';

type SiteInit = Exclude<MessageInitShape<typeof SiteSpecSchema>, SiteSpec>;

const certificate = {
  case: 'certificate' as const,
  certificatePath: '/state/certificates/c.crt',
  privateKeyPath: '/state/certificates/c.key',
  fingerprint: 'f1',
  domains: ['site.test'],
  notAfterMs: 0,
};
const address = { address: '192.0.2.1', port: 8080, weight: 1, backup: false, healthy: true };
const fixed = { answer: { case: 'fixedResponse' as const, value: { status: 200, body: 'hello' } } };
const files = { answer: { case: 'staticFiles' as const, value: { root: '/srv/site' } } };
const proxy = { answer: { case: 'proxy' as const, value: { upstream: 'app' } } };
const app = { name: 'app', servers: [{ host: 'app.test', port: 8080 }] };
const tls = { certificate: { kind: Kind.CERTIFICATE, name: 'c' } };

const FEATURES: Record<
  string,
  { spec: SiteInit; inputs?: Partial<SiteInputs>; facts?: Partial<ServerFacts> }
> = {
  'static-files': {
    spec: {
      handler: {
        answer: {
          case: 'staticFiles',
          value: {
            root: '/srv/my $ite "x"',
            index: ['a.html', 'b.html'],
            fallback: '/a.html',
            cacheSeconds: 3600,
          },
        },
      },
    },
  },
  release: {
    spec: { handler: { answer: { case: 'staticFiles', value: { release: 'sha256:1' } } } },
    inputs: { releases: { 'sha256:1': '/state/releases/1' } },
  },
  proxy: { spec: { handler: proxy, upstreams: [app] }, inputs: { upstreams: { app: [address] } } },
  'proxy-with-everything': {
    spec: {
      handler: {
        answer: {
          case: 'proxy',
          value: {
            upstream: 'app',
            websocket: true,
            unbuffered: true,
            host: 'inner.test',
            requestHeaders: [{ name: 'X-Key', value: '$ecret' }],
          },
        },
      },
      upstreams: [{ ...app, https: true, balance: Upstream_Balance.LEAST_CONNECTIONS, keepalive: 5 }],
      timeouts: { clientBodySeconds: 1, connectSeconds: 2, readSeconds: 3, sendSeconds: 4 },
      maxBodyBytes: 5_000_000_000n,
    },
    inputs: {
      upstreams: {
        app: [
          { ...address, weight: 5 },
          { ...address, address: '2001:db8::1', healthy: false },
          { ...address, port: 81, backup: true },
        ],
      },
    },
  },
  'proxy-by-client-address': {
    spec: { handler: proxy, upstreams: [{ ...app, balance: Upstream_Balance.CLIENT_ADDRESS }] },
    inputs: { upstreams: { app: [address] } },
  },
  'proxy-without-address': {
    spec: { handler: proxy, upstreams: [app], errorPages: [{ statuses: [502], body: 'sorry' }] },
  },
  fastcgi: {
    spec: {
      handler: {
        answer: {
          case: 'fastcgi',
          value: { socket: '/var/run/php/php8.2-fpm.sock', root: '/srv/site', index: 'app.php' },
        },
      },
    },
  },
  redirects: {
    spec: {
      handler: {
        answer: { case: 'redirect', value: { target: 'https://new.test/base', status: 301, keepPath: true } },
      },
      paths: [
        { path: '/exact', match: 2, handler: { answer: { case: 'redirect', value: { target: '/there' } } } },
      ],
    },
  },
  'paths-and-headers': {
    spec: {
      handler: files,
      headers: [
        { name: 'X-All', value: 'a' },
        { name: 'X-Own', value: 'site' },
      ],
      paths: [{ path: '/p q', handler: fixed, headers: [{ name: 'x-own', value: 'path' }] }],
    },
  },
  protection: {
    spec: {
      handler: files,
      rateLimit: { requestsPerSecond: 10, burst: 20 },
      access: [{ allow: true, source: '10.0.0.0/8' }, { source: 'all' }],
      basicAuth: { users: [{ username: 'ann', password: { uid: 's', version: 1 } }] },
      paths: [{ path: '/api', handler: fixed, rateLimit: { requestsPerSecond: 1 } }],
    },
    inputs: { passwords: { 's/1/ann': '$2b$06$hash' } },
  },
  maintenance: {
    spec: {
      handler: files,
      maintenance: { allow: ['192.0.2.0/24'], retryAfterSeconds: 60 },
      errorPages: [{ statuses: [404, 503], body: 'x' }],
    },
  },
  tls: {
    spec: {
      domains: ['site.test', 'www.site.test'],
      handler: files,
      tls: { ...tls, forceHttps: true, hsts: { maxAgeSeconds: 60, includeSubdomains: true, preload: true } },
      redirectToPrimary: true,
    },
    inputs: { certificate },
  },
  'tls-1.3-without-http2': {
    spec: { handler: files, tls: { ...tls, minVersion: 2 }, http2: false, ipv6: false, gzip: false },
    inputs: { certificate },
  },
  'tls-on-a-newer-nginx': {
    spec: { handler: files, tls },
    inputs: { certificate },
    facts: { nginxVersion: '1.25.1' },
  },
  'tls-on-other-ports': {
    spec: { domains: ['site.test', 'b.test'], handler: files, tls, redirectToPrimary: true },
    inputs: { certificate },
    facts: { httpPort: 8080, httpsPort: 8443 },
  },
  'certificate-pending': { spec: { handler: files, tls: { ...tls, forceHttps: true } } },
};

function rendered(name: string) {
  const { spec, inputs = {}, facts = {} } = FEATURES[name]!;
  const identity = { uid: '00000000-0000-7000-8000-000000000001', name: 'site' };
  const whole = create(SiteSpecSchema, { domains: ['site.test'], ...spec });
  return renderSite(
    identity,
    whole,
    { upstreams: {}, releases: {}, passwords: {}, ...inputs },
    { ...FACTS, ...facts },
  );
}

test.each(Object.keys(FEATURES))('%s is rendered as reviewed', async (name) => {
  const site = rendered(name);
  const pages = site.files.map(
    (file) => `# file ${file.name}${file.secret ? ' (secret)' : ''}: ${JSON.stringify(file.content)}\n`,
  );
  const text = renderConfiguration(site.nodes, { ownFolder: '/state/site' }) + pages.join('');
  await expect(text).toMatchFileSnapshot(`golden/${name}.conf`);
});

test('the same site is the same bytes; a renewed certificate at the same path is another contribution', () => {
  expect(digestOf(rendered('tls'))).toBe(digestOf(rendered('tls')));
  const renewed = { ...rendered('tls'), inputs: { certificate: 'f2' } };
  expect(digestOf(renewed)).not.toBe(digestOf(rendered('tls')));
});
