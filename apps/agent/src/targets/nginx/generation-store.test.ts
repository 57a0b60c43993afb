import { expect, test } from 'vitest';
import { FakeFiles } from '../../host/fs/fake';
import { digestOf } from './contribution';
import { site } from './fake-server.fixture';
import { GenerationStore } from './generation-store';
import { layoutOf } from './layout';

const DIGEST = '5f3c35554c0c65a20468bb214cf14050';
const UID = '00000000-0000-7000-8000-000000000061';

test('the bytes on disk are these, for every agent to come', async () => {
  const files = new FakeFiles({ '/state/keep': '' });
  const store = new GenerationStore(files, layoutOf('/state/nginx'), undefined);
  const contribution = site('a');
  const sites = new Map([[contribution.uid, { digest: digestOf(contribution), contribution }]]);
  await store.prepare();
  await store.stageSites(sites, new Map());
  await store.writeGeneration('0000000001', 'text\n', sites);
  expect(files.tree('/state/nginx')).toEqual({
    '/state/nginx/generations/0000000001.conf': 'text\n',
    '/state/nginx/generations/0000000001.json': `{"version":1,"text":"text\\n","sites":{"${UID}":"${DIGEST}"}}`,
    [`/state/nginx/sites/${UID}/${DIGEST}/contribution.json`]: `{"uid":"${UID}","name":"a","nodes":[{"name":"server","args":[],"children":[{"name":"listen","args":["*:80"]},{"name":"server_name","args":["a.test"]},{"name":"add_header","args":["X-Text","fine"]}]}],"files":[],"domains":["a.test"],"probes":[{"host":"a.test","tls":false}],"ipv6":false,"inputs":{}}`,
    [`/state/nginx/sites/${UID}/${DIGEST}/site.conf`]:
      '# Site a, written by Ostler.\nserver {\n  listen *:80;\n  server_name a.test;\n  add_header X-Text fine;\n}\n',
  });
  expect(await store.readGeneration('0000000001')).toEqual({ text: 'text\n', sites });
});

test('a contribution that does not have the digest of its folder is not believed', async () => {
  const files = new FakeFiles({ '/state/keep': '' });
  const store = new GenerationStore(files, layoutOf('/state/nginx'), undefined);
  const contribution = site('a');
  const digest = digestOf(contribution);
  await store.prepare();
  await store.stageSites(new Map([[UID, { digest, contribution }]]), new Map());
  await store.writeGeneration('0000000001', 'text\n', new Map([[UID, { digest, contribution }]]));
  const path = `/state/nginx/sites/${UID}/${digest}/contribution.json`;
  files.seed(path, (files.tree()[path] ?? '').replace('fine', 'evil'));
  expect((await store.readGeneration('0000000001'))?.sites).toEqual(new Map([[UID, { digest }]]));
});
