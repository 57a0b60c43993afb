import { clone, create } from '@bufbuild/protobuf';
import { CertificateSpecSchema, Kind, type SiteSpec, SiteSpecSchema } from '@ostler/contracts';
import type { SpecValue } from '@ostler/resource-model';
import { expect, test } from 'vitest';

import { compileManifest, indexBytes, type PlacedSpec } from './server-manifest.compile';

// docs/adr/0100-manifest.md. Agents compare these bytes by hash: they change only when the format does.
const tenantUid = '01890a5d-ac96-774b-bcce-b302099a0000';
const uidOf = (last: number): string => `01890a5d-ac96-774b-bcce-b302099a805${last}`;
const base = { tenantUid, generation: 3n, removing: false, edges: [] };

const certificate: PlacedSpec = {
  ...base,
  uid: uidOf(1),
  kind: Kind.CERTIFICATE,
  name: 'shop',
  spec: create(CertificateSpecSchema, {
    domains: ['shop.example'],
    source: { case: 'selfSigned', value: { lifetimeDays: 90 } },
  }) as SpecValue,
};

const site: PlacedSpec = {
  ...base,
  uid: uidOf(2),
  kind: Kind.SITE,
  name: 'shop',
  edges: [{ kind: Kind.CERTIFICATE, name: 'shop', uid: uidOf(1) }],
  spec: create(SiteSpecSchema, {
    placement: { server: 'web-1' },
    domains: ['shop.example'],
    gzip: true,
    tls: { certificate: { kind: Kind.CERTIFICATE, name: 'shop' }, forceHttps: true },
    basicAuth: {
      realm: 'Restricted',
      users: [{ username: 'alice', password: { uid: uidOf(9), version: 2 } }],
    },
    handler: { answer: { case: 'staticFiles', value: { root: '/srv/shop', index: ['index.html'] } } },
  }) as SpecValue,
};

const gone: PlacedSpec = { ...site, uid: uidOf(0), name: 'gone', removing: true, edges: [] };
const numbers = { epoch: 1n, revision: 42n, serverUid: '01890a5d-ac96-774b-bcce-b302099affff' };

const hexDump = (bytes: Uint8Array): string =>
  `${Buffer.from(bytes)
    .toString('hex')
    .match(/.{1,64}/g)!
    .join('\n')}\n`;

test('bodies and index have the bytes that were decided on', async () => {
  const manifest = compileManifest([site, gone, certificate]);
  const bodies = manifest.entries.map(({ body }) => body);
  await expect(hexDump(bodies[0]!)).toMatchFileSnapshot('__golden__/certificate-body.hex');
  await expect(hexDump(bodies[1]!)).toMatchFileSnapshot('__golden__/site-body.hex');
  await expect(hexDump(indexBytes(manifest, numbers))).toMatchFileSnapshot('__golden__/index.hex');
});

test('the order of the rows and defaults that were written down change no byte', () => {
  const plain = clone(SiteSpecSchema, site.spec as SiteSpec);
  plain.gzip = undefined;
  plain.placement!.server = 'web-2';
  const one = indexBytes(compileManifest([site, certificate, gone]), numbers);
  const other = indexBytes(compileManifest([gone, certificate, { ...site, spec: plain }]), numbers);
  expect(Buffer.from(other).equals(Buffer.from(one))).toBe(true);
});

test('a manifest names the secrets of its bodies', () => {
  expect(compileManifest([site]).entries[0]!.secrets).toEqual([{ uid: uidOf(9), version: 2 }]);
});
