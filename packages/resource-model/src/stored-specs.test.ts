import { readdirSync, readFileSync } from 'node:fs';

import { create, fromBinary } from '@bufbuild/protobuf';
import { type Resource, ResourceSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';

import { goodCertificates, goodSites } from './good-resources.fixture';
import { fromHexDump, hexDump } from './hex-dump.fixture';
import { canonicalBytes, checkResource, diffMessages, kindModels, modelOfCase, secretsIn } from './index';

// docs/adr/0103-stored-spec.md. A file is never changed: a new schema version adds files of its own, and
// these must go on being read.
const stored = [
  ['site-1', goodSites()[0]!],
  ['certificate-acme-1', goodCertificates()[0]!],
  ['certificate-upload-1', goodCertificates()[2]!],
] as const;

/** As admission leaves it: a reference where the value was. */
function admitted(resource: (typeof stored)[number][1]) {
  const { spec } = checkResource(resource).resource;
  const model = modelOfCase(spec.case!)!;
  for (const { secret } of secretsIn(model.schema, spec.value!)) {
    Object.assign(secret, { value: '', uid: '01890a5d-ac96-774b-bcce-b302099a8057', version: 1 });
  }
  return { model, spec: spec.value! };
}

test.each(stored)('%s has the bytes that were decided on', async (name, resource) => {
  const { model, spec } = admitted(resource);
  await expect(hexDump(canonicalBytes(model.schema, spec))).toMatchFileSnapshot(`__golden__/${name}.hex`);
});

test.each(stored)('%s of every past version is read, compared and written again', (name, resource) => {
  const { model, spec } = admitted(resource);
  const bytes = fromHexDump(readFileSync(new URL(`__golden__/${name}.hex`, import.meta.url), 'utf8'));
  const read = model.upgrade(fromBinary(model.schema, bytes), 1);
  expect(diffMessages(model.schema, read, spec)).toEqual([]);
  expect(canonicalBytes(model.schema, read)).toEqual(bytes);
});

/** Every file, also those of versions that no builder of today makes any more: `site-1`, `certificate-upload-1`. */
const files = readdirSync(new URL('__golden__/', import.meta.url)).map((file) => {
  const [, kind = '', version = ''] = /^([a-z]+)(?:-[a-z]+)*-(\d+)\.hex$/.exec(file) ?? [];
  return { file, kind, version: Number(version) };
});

test.each(files)('$file is upgraded to a spec of today, which is valid and stays as it is', (golden) => {
  const model = modelOfCase(golden.kind)!;
  const bytes = fromHexDump(readFileSync(new URL(`__golden__/${golden.file}`, import.meta.url), 'utf8'));
  const spec = model.upgrade(fromBinary(model.schema, bytes), golden.version);
  const { resource, violations } = checkResource(
    create(ResourceSchema, {
      meta: { kind: model.kind, name: 'past' },
      spec: { case: model.specCase, value: spec } as Resource['spec'],
    }),
  );
  expect(violations).toEqual([]);
  expect(diffMessages(model.schema, spec, resource.spec.value as never)).toEqual([]);
  expect(model.upgrade(spec, model.schemaVersion)).toEqual(spec);
});

test('every kind has golden bytes of each form in which it was ever stored', () => {
  for (const { specCase, schemaVersion } of kindModels) {
    const versions = new Set(files.filter(({ kind }) => kind === specCase).map(({ version }) => version));
    const all = Array.from({ length: schemaVersion }, (_, index) => index + 1);
    expect(
      [...versions].sort((a, b) => a - b),
      specCase,
    ).toEqual(all);
  }
});

test('the order in which labels and selectors were written changes no byte', () => {
  const { model, spec } = admitted(goodSites()[1]!);
  const withSelector = (selector: Record<string, string>) =>
    canonicalBytes(model.schema, {
      ...spec,
      placement: { $typeName: 'ostler.meta.v1.Placement', server: '', selector },
    } as never);
  expect(withSelector({ a: '1', b: '2' })).toEqual(withSelector({ b: '2', a: '1' }));
});
