import { readdirSync, readFileSync } from 'node:fs';

import { ApplyResult_Change as Change, Kind } from '@ostler/contracts';
import { modelOfCase } from '@ostler/resource-model';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { execute, query } from '../platform/db';
import { type Engine, helloSite, requestId, selfSigned, startEngine } from './engine.fixture';
import { loadSpec } from './store/stored-spec';

// Revisions as every past version has stored them: they are shown, compared and reverted to.

const golden = new URL('../../../../packages/resource-model/src/__golden__/', import.meta.url);
const files = readdirSync(golden).map((file) => {
  const [, specCase = '', version = ''] = /^([a-z]+)(?:-[a-z]+)*-(\d+)\.hex$/.exec(file) ?? [];
  const { kind } = modelOfCase(specCase)!;
  return { file, kind, version: Number(version), name: `past-${file.replace(/\.hex$/, '')}` };
});
/** Its certificate is made of letters: admission parses what is uploaded, so a revert must be refused. */
const isUpload = ({ file }: { file: string }) => file.includes('upload');

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.addServer('web-1', { labels: { role: 'web' } });
  await engine.resources.apply({ requestId: requestId(), resources: [selfSigned('hello', 'example.com')] });
});
afterAll(() => engine.close());

const bytesOf = (file: string): Buffer =>
  Buffer.from(readFileSync(new URL(file, golden), 'utf8').replaceAll(/\s/g, ''), 'hex');
const present = (kind: Kind, name: string) =>
  kind === Kind.SITE ? helloSite(name) : selfSigned(name, `${name}.example`);

/** A resource at generation 2, whose first generation was stored by that version. */
async function withPast({ file, kind, version, name }: (typeof files)[number]): Promise<void> {
  const resource = present(kind, name);
  const apply = () => engine.resources.apply({ requestId: requestId(), resources: [resource] });
  await apply();
  if (resource.spec.case === 'site') resource.spec.value.redirectToPrimary = true;
  if (resource.spec.case === 'certificate') resource.spec.value.renewBeforeHours = 24;
  expect((await apply()).results[0]!.change).toBe(Change.UPDATED);
  await engine.system(() =>
    execute('update revision set spec = $2, spec_schema = $3 where name = $1 and generation = 1', [
      name,
      bytesOf(file),
      version,
    ]),
  );
}

test.each(files)('$file is shown and compared', async (past) => {
  await withPast(past);
  const { kind, name } = past;
  const { revisions } = await engine.resources.listRevisions({ kind, name });
  expect(revisions.map(({ generation }) => generation)).toEqual([2n, 1n]);
  expect(revisions[1]!.resource!.spec.value).toEqual(
    loadSpec(kind, { spec: bytesOf(past.file), specSchema: past.version }),
  );
  const { fields, beforeYaml } = await engine.resources.diff({ kind, name, fromGeneration: 1n });
  expect(fields.length).toBeGreaterThan(0);
  expect(beforeYaml).not.toBe('');
});

test.each(files.filter((past) => !isUpload(past)))(
  '$file is reverted to, as a new generation',
  async ({ file, kind, name, version }) => {
    const { resource } = await engine.resources.revert({
      requestId: requestId(),
      kind,
      name,
      toGeneration: 1n,
    });
    expect(resource!.meta!.generation).toBe(3n);
    expect(resource!.spec.value).toEqual(loadSpec(kind, { spec: bytesOf(file), specSchema: version }));
    const [row] = await engine.system(() =>
      query<{ schema: number }>('select spec_schema as schema from resource where name = $1', [name]),
    );
    expect(row!.schema).toBe(modelOfCase(resource!.spec.case!)!.schemaVersion);
    // Its domains are free for the next one.
    await engine.resources.delete({ requestId: requestId(), kind, name });
  },
);

test('what a newer control plane has stored is not read as if it were ours', () => {
  expect(() => loadSpec(Kind.SITE, { spec: new Uint8Array(), specSchema: 2 })).toThrow(
    'Update this control plane',
  );
});
