import { create } from '@bufbuild/protobuf';
import {
  CertificateSpecSchema, DriftPolicy, Kind, PathRule_Match, type Resource, ResourceSchema,
  SiteSpecSchema, Tls_MinVersion, Upstream_Balance,
} from '@ostler/contracts'; // prettier-ignore
import type { MessageInitShape } from '@bufbuild/protobuf';

export function site(spec: MessageInitShape<typeof SiteSpecSchema>, name = 'hello'): Resource {
  return create(ResourceSchema, {
    meta: { kind: Kind.SITE, name },
    spec: { case: 'site', value: create<typeof SiteSpecSchema>(SiteSpecSchema, spec) },
  });
}

export function certificate(spec: MessageInitShape<typeof CertificateSpecSchema>, name = 'hello'): Resource {
  return create(ResourceSchema, {
    meta: { kind: Kind.CERTIFICATE, name },
    spec: { case: 'certificate', value: create<typeof CertificateSpecSchema>(CertificateSpecSchema, spec) },
  });
}

/** A site that uses every field, and one for each way to answer. */
export function goodSites(): Resource[] {
  const plain = { placement: { server: 'web-1' }, domains: ['example.com'] };
  const answer = (value: MessageInitShape<typeof SiteSpecSchema>['handler']): Resource =>
    site({ ...plain, handler: value });
  return [
    full(),
    answer({
      answer: { case: 'staticFiles', value: { release: `sha256:${'0'.repeat(64)}`, cacheSeconds: 60 } },
    }),
    answer({
      answer: {
        case: 'fastcgi',
        value: { socket: '/run/php/php8.2-fpm.sock', root: '/srv/app', index: 'app.php' },
      },
    }),
    answer({
      answer: {
        case: 'redirect',
        value: { target: 'https://www.example.com/', status: 308, keepPath: true },
      },
    }),
    answer({ answer: { case: 'fixedResponse', value: { status: 200, body: '<p>hello</p>' } } }),
  ];
}

const fullPaths: MessageInitShape<typeof SiteSpecSchema>['paths'] = [
  {
    path: '/api',
    handler: {
      answer: {
        case: 'proxy',
        value: {
          upstream: 'api',
          websocket: true,
          host: 'api.internal',
          requestHeaders: [{ name: 'X-From', value: 'ostler' }],
        },
      },
    },
    headers: [{ name: 'X-Api', value: '1' }],
    rateLimit: { requestsPerSecond: 10, burst: 5 },
    access: [{ allow: true, source: '10.0.0.0/8' }, { source: 'all' }],
    basicAuth: { realm: 'Staff', users: [{ username: 'alice', password: { value: 'secret' } }] },
  },
  {
    path: '/ping',
    match: PathRule_Match.EXACT,
    handler: { answer: { case: 'fixedResponse', value: { status: 204 } } },
  },
];

function full(): Resource {
  const resource = site({
    placement: { selector: { role: 'web' } },
    domains: ['example.com', '*.example.com'],
    handler: {
      answer: {
        case: 'staticFiles',
        value: { root: '/srv/www', index: ['index.html'], fallback: '/index.html' },
      },
    },
    paths: fullPaths,
    upstreams: [
      {
        name: 'api',
        balance: Upstream_Balance.LEAST_CONNECTIONS,
        servers: [
          { host: '127.0.0.1', port: 3000, weight: 2 },
          { host: 'app.internal', port: 3001, backup: true },
        ],
        healthCheck: { path: '/healthz?full=1', intervalSeconds: 3 },
        keepalive: 8,
      },
    ],
    headers: [{ name: 'X-Frame-Options', value: 'DENY' }],
    tls: {
      certificate: { kind: Kind.CERTIFICATE, name: 'hello' },
      forceHttps: true,
      hsts: { maxAgeSeconds: 60 },
      minVersion: Tls_MinVersion.TLS_1_3,
    },
    maxBodyBytes: 1_000_000n,
    timeouts: { readSeconds: 30 },
    gzip: false,
    http2: true,
    access: [{ allow: false, source: '192.0.2.7' }],
    maintenance: { body: '<p>soon</p>', allow: ['2001:db8::/32'], retryAfterSeconds: 60 },
    errorPages: [{ statuses: [404, 410], body: '<p>gone</p>' }],
    redirectToPrimary: true,
    driftPolicy: DriftPolicy.ENFORCE,
  });
  resource.meta!.displayName = 'Hello';
  resource.meta!.labels = { env: 'prod' };
  return resource;
}

export function goodCertificates(): Resource[] {
  return [
    certificate({
      domains: ['example.com'],
      source: {
        case: 'acme',
        value: {
          email: 'ops@example.com',
          termsAgreed: true,
          directoryUrl: 'https://acme.example/directory',
        },
      },
    }),
    certificate({
      domains: ['*.example.com'],
      source: { case: 'selfSigned', value: { lifetimeDays: 30 } },
      renewBeforeHours: 24,
    }),
    certificate({
      source: {
        case: 'upload',
        value: {
          certificatePem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
          privateKeyPem: { value: '-----BEGIN PRIVATE KEY-----' },
        },
      },
    }),
    certificate({
      domains: ['example.com'],
      source: {
        case: 'acme',
        value: {
          termsAgreed: true,
          directoryUrl: 'https://acme.internal/directory',
          directoryCaPem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        },
      },
    }),
  ];
}
