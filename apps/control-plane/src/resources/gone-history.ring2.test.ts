import { createClient } from '@connectrpc/connect';
import { AuditService, Kind } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type Engine, helloSite, requestId, startEngine } from './engine.fixture';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.close());

// On no server, so that a deletion is done at once.
const site = (text: string) =>
  helloSite('shop', {
    placement: { selector: { role: 'none' } },
    handler: { answer: { case: 'fixedResponse', value: { status: 200, body: text } } },
  });
const apply = async (text: string) => {
  const { results } = await engine.resources.apply({ requestId: requestId(), resources: [site(text)] });
  return results[0]!.resource!.meta!.uid;
};
const remove = () => engine.resources.delete({ requestId: requestId(), kind: Kind.SITE, name: 'shop' });
const summaries = async (name: string) => {
  const { revisions } = await engine.resources.listRevisions({ kind: Kind.SITE, name });
  return revisions.map(({ generation, resource }) => `${generation} ${resource!.meta!.uid}`);
};

test('the history of a resource that is gone is found by its name, then by its uid, as the audit names it', async () => {
  const first = await apply('one');
  await apply('two');
  await remove();
  await expect(engine.resources.get({ kind: Kind.SITE, name: 'shop' })).rejects.toThrow('does not exist');
  expect(await summaries('shop')).toEqual([`2 ${first}`, `1 ${first}`]);
  const { fields } = await engine.resources.diff({ kind: Kind.SITE, name: 'shop', fromGeneration: 1n });
  expect(fields.map(({ path }) => path)).toEqual(['handler.fixedResponse.body']);
  const { revisions } = await engine.resources.listRevisions({ kind: Kind.SITE, name: 'shop' });
  expect(revisions[0]!.resource!.meta!.deletedAt).toBeDefined();

  const second = await apply('anew');
  expect(await summaries('shop')).toEqual([`1 ${second}`]);
  expect(await summaries(first)).toEqual([`2 ${first}`, `1 ${first}`]);
  expect(await summaries(second)).toEqual([`1 ${second}`]);
  const { entries } = await createClient(AuditService, engine.transport(engine.token)).list({
    subject: 'shop',
  });
  expect(new Set(entries.map(({ resourceUid }) => resourceUid))).toEqual(new Set([first, second]));
});

test('what is gone cannot be reverted, and another tenant sees nothing of it', async () => {
  await remove();
  const revert = { requestId: requestId(), kind: Kind.SITE, name: 'shop', toGeneration: 1n };
  await expect(engine.resources.revert(revert)).rejects.toThrow('does not exist');
  const other = await engine.addTenant('other');
  const [gone] = await summaries('shop');
  for (const name of ['shop', gone!.slice(2)])
    await expect(other.resources.listRevisions({ kind: Kind.SITE, name })).rejects.toThrow('does not exist');
});
