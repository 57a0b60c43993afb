import { mkdir, writeFile } from 'node:fs/promises';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { SiteSpecSchema } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRealNginx, type RealNginx } from '../../targets/nginx/real-nginx.fixture';
import type { ServerFacts } from '../../targets/nginx';
import type { SiteInputs } from './inputs';
import { renderSite } from './render/site';

let nginx: RealNginx;
let facts: ServerFacts;
let count = 0;

beforeAll(async () => {
  nginx = await startRealNginx();
  const prepared = await nginx.target.prepare();
  if ('reason' in prepared) throw new Error(prepared.message);
  facts = prepared;
});
afterAll(() => nginx[Symbol.asyncDispose]());

async function serve(spec: MessageInitShape<typeof SiteSpecSchema>, inputs: Partial<SiteInputs> = {}) {
  const uid = `00000000-0000-7000-8000-${String(++count).padStart(12, '0')}`;
  const all = { upstreams: {}, releases: {}, passwords: {}, ...inputs };
  return nginx.target.submit(
    renderSite({ uid, name: `site-${count}` }, create(SiteSpecSchema, spec), all, facts),
  );
}

test('a folder is served', async () => {
  const root = `${nginx.folder}/www`;
  await mkdir(root, { mode: 0o755 });
  await writeFile(`${root}/index.html`, 'hello');
  const outcome = await serve({
    domains: ['static.test'],
    handler: { answer: { case: 'staticFiles', value: { root } } },
  });
  expect(outcome).toEqual({ committed: true, generation: '0000000001' });
  expect(await nginx.get('static.test')).toMatchObject({ status: 200, body: 'hello' });
  expect(await nginx.get('unknown.test')).toMatchObject({ answered: false });
});
