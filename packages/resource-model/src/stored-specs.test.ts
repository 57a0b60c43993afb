import { readFileSync } from 'node:fs';

import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';

import { goodCertificates, goodSites } from './good-resources.fixture';
import { fromHexDump, hexDump } from './hex-dump.fixture';
import { canonicalBytes, checkResource, diffMessages, modelOfCase, secretsIn } from './index';

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

test('the order in which labels and selectors were written changes no byte', () => {
  const { model, spec } = admitted(goodSites()[1]!);
  const withSelector = (selector: Record<string, string>) =>
    canonicalBytes(model.schema, {
      ...spec,
      placement: { $typeName: 'ostler.meta.v1.Placement', server: '', selector },
    } as never);
  expect(withSelector({ a: '1', b: '2' })).toEqual(withSelector({ b: '2', a: '1' }));
});
