import { create } from '@bufbuild/protobuf';
import {
  CertificateSpecSchema,
  DriftPolicy,
  Kind,
  KindSchema,
  PathRule_Match,
  type SiteSpec,
  SiteSpecSchema,
  Tls_MinVersion,
  Upstream_Balance,
} from '@ostler/contracts';
import { canonicalBytes } from '@ostler/resource-model';
import { describe, expect, test } from 'vitest';

import { kindEngine } from './index';

const kinds = KindSchema.values
  .filter(({ number }) => number !== 0)
  .map(({ number, name }): [string, Kind] => [name, number]);

describe.each(kinds)('%s', (_name, kind) => {
  test('has an engine whose model is of the same kind', () => {
    expect(kindEngine(kind).model.kind).toBe(kind);
  });

  test('compiles an empty spec to an empty one, and leaves what it was given alone', () => {
    const { model, compile } = kindEngine(kind);
    const empty = create(model.schema);
    expect(canonicalBytes(model.schema, compile(empty))).toHaveLength(0);
    expect(empty).toEqual(create(model.schema));
  });

  test('upgrades what it stores today to itself', () => {
    const { model } = kindEngine(kind);
    const empty = create(model.schema);
    expect(model.upgrade(empty, model.schemaVersion)).toEqual(empty);
  });
});

test('a site with every default written down compiles like one with none', () => {
  const bare: SiteSpec = create(SiteSpecSchema, {
    domains: ['a.example'],
    handler: { answer: { case: 'fastcgi', value: { socket: '/run/php.sock', root: '/srv/a' } } },
    paths: [
      {
        path: '/b',
        handler: { answer: { case: 'staticFiles', value: { root: '/srv/b' } } },
        basicAuth: { users: [{ username: 'x' }] },
      },
    ],
    upstreams: [{ name: 'u', servers: [{ host: '127.0.0.1', port: 1 }], healthCheck: { path: '/' } }],
    tls: { certificate: { kind: Kind.CERTIFICATE, name: 'a' } },
    basicAuth: { users: [{ username: 'x' }] },
  });
  const written: SiteSpec = create(SiteSpecSchema, {
    placement: { server: 'web-1' },
    domains: ['a.example'],
    handler: { answer: { case: 'fastcgi', value: { socket: '/run/php.sock', root: '/srv/a', index: 'index.php' } } },
    paths: [{ path: '/b', match: PathRule_Match.PREFIX, handler: { answer: { case: 'staticFiles', value: { root: '/srv/b', index: ['index.html'] } } }, basicAuth: { realm: 'Restricted', users: [{ username: 'x' }] } }],
    upstreams: [{
      name: 'u', servers: [{ host: '127.0.0.1', port: 1, weight: 1 }], balance: Upstream_Balance.ROUND_ROBIN, keepalive: 16,
      healthCheck: { path: '/', intervalSeconds: 5, timeoutSeconds: 2, unhealthyThreshold: 3, healthyThreshold: 2 },
    }],
    tls: { certificate: { kind: Kind.CERTIFICATE, name: 'a' }, minVersion: Tls_MinVersion.TLS_1_2 },
    basicAuth: { realm: 'Restricted', users: [{ username: 'x' }] },
    maxBodyBytes: 1_048_576n,
    timeouts: { clientBodySeconds: 60, connectSeconds: 60, readSeconds: 60, sendSeconds: 60 },
    gzip: true, http2: true, ipv6: true,
    driftPolicy: DriftPolicy.REPORT,
  }); // prettier-ignore
  const { model, compile } = kindEngine(Kind.SITE);
  expect(Buffer.from(canonicalBytes(model.schema, compile(written)))).toEqual(
    Buffer.from(canonicalBytes(model.schema, compile(bare))),
  );
});

test('what is not a default stays', () => {
  const { compile } = kindEngine(Kind.SITE);
  const spec = create(SiteSpecSchema, {
    gzip: false,
    timeouts: { readSeconds: 60, sendSeconds: 5 },
    driftPolicy: DriftPolicy.ENFORCE,
  });
  expect(compile(spec)).toMatchObject({
    gzip: false,
    timeouts: { readSeconds: 0, sendSeconds: 5 },
    driftPolicy: DriftPolicy.ENFORCE,
  });
  const certificate = create(CertificateSpecSchema, {
    source: { case: 'selfSigned', value: { lifetimeDays: 30 } },
  });
  expect(kindEngine(Kind.CERTIFICATE).compile(certificate)).toMatchObject({
    source: { value: { lifetimeDays: 30 } },
  });
});
