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
  await store.prepare();
  const digests = new Map([[contribution.uid, digestOf(contribution)]]);
  await store.stageSites([contribution]);
  await store.writeGeneration('0000000001', 'text\n', digests);
  expect(files.tree('/state/nginx')).toEqual({
    '/state/nginx/generations/0000000001.conf': 'text\n',
    '/state/nginx/generations/0000000001.json': `{"version":1,"text":"text\\n","sites":{"${UID}":"${DIGEST}"}}`,
    [`/state/nginx/sites/${UID}/${DIGEST}/contribution.json`]: `{"uid":"${UID}","name":"a","nodes":[{"name":"server","args":[],"children":[{"name":"listen","args":["*:80"]},{"name":"server_name","args":["a.test"]},{"name":"add_header","args":["X-Text","fine"]}]}],"files":[],"domains":["a.test"],"probes":[{"host":"a.test","tls":false}],"ipv6":false,"inputs":{}}`,
    [`/state/nginx/sites/${UID}/${DIGEST}/site.conf`]:
      '# Site a, written by Ostler.\nserver {\n  listen *:80;\n  server_name a.test;\n  add_header X-Text fine;\n}\n',
  });
  expect(await store.readGeneration('0000000001')).toEqual({ text: 'text\n', digests });
  expect(await store.readContribution(UID, DIGEST)).toEqual(contribution);
});

test('a contribution that does not have the digest of its folder is not believed', async () => {
  const files = new FakeFiles({ '/state/keep': '' });
  const store = new GenerationStore(files, layoutOf('/state/nginx'), undefined);
  const contribution = site('a');
  const digest = digestOf(contribution);
  await store.prepare();
  await store.stageSites([contribution]);
  const path = `/state/nginx/sites/${UID}/${digest}/contribution.json`;
  files.seed(path, (files.tree()[path] ?? '').replace('fine', 'evil'));
  expect(await store.readContribution(UID, digest)).toBeUndefined();
});

test.each([1, 20])('garbage of %i changed sites: what a kept generation names stays', async (count) => {
  const files = new FakeFiles({ '/state/keep': '' });
  const store = new GenerationStore(files, layoutOf('/state/nginx'), undefined);
  await store.prepare();
  const uids: string[] = [];
  for (let round = 1; round <= 5; round += 1) {
    const sites = Array.from({ length: count }, (_, index) => site(`s${index}`, `round ${round}`));
    await store.stageSites(sites);
    const digests = sites.map((one) => [one.uid, digestOf(one)] as const);
    await store.writeGeneration(`000000000${round}`, `"${sites[0]!.uid}":"no digest"\n`, digests);
    uids.push(...sites.map(({ uid }) => uid));
  }
  await store.collectGarbage('0000000002', new Set(uids));
  expect((await files.list('/state/nginx/generations')).filter((name) => name.endsWith('.conf'))).toEqual(
    [2, 3, 4, 5].map((round) => `000000000${round}.conf`),
  );
  for (const round of [2, 3, 4, 5]) {
    const one = site('s0', `round ${round}`);
    expect(await store.readContribution(one.uid, digestOf(one))).toEqual(one);
  }
  const gone = site('s0', 'round 1');
  expect(await store.readContribution(gone.uid, digestOf(gone))).toBeUndefined();
});
