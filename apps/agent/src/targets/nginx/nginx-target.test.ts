import { expect, test } from 'vitest';
import type { Outcome } from './nginx-target';
import type { CommitFailpoint } from './commit';
import { FakeServer, FOLDER, site } from './fake-server.fixture';

const POINTS: readonly CommitFailpoint[] = [
  'nginx.staged',
  'nginx.tested',
  'nginx.journalled',
  'nginx.swapped',
  'nginx.reloaded',
  'nginx.watched',
  'nginx.committed',
];
const uid = (name: string): string => site(name).uid;
const reasonOf = (outcome: Outcome): string => (outcome.committed ? 'committed' : outcome.reason);

test('what is ready together shares one test and one reload', async () => {
  const server = new FakeServer();
  const target = server.start();
  const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const outcomes = await Promise.all(names.map((name) => target.submit(site(name))));
  expect(outcomes.every((outcome) => outcome.committed)).toBe(true);
  expect(server.nginx.reloads).toBe(1);
  expect([...server.nginx.loaded.domains.keys()].sort()).toEqual(names.map((name) => `${name}.test`).sort());
});

test('the same again is no change; a removal takes only its own site', async () => {
  const server = new FakeServer();
  const target = server.start();
  await Promise.all([target.submit(site('a')), target.submit(site('b'))]);
  const files = server.files.tree();
  expect(await target.submit(site('a'))).toMatchObject({ committed: true });
  expect(server.files.tree()).toEqual(files);
  expect(server.nginx.reloads).toBe(1);
  expect(await target.remove(uid('a'))).toMatchObject({ committed: true });
  expect(await target.remove(uid('a'))).toMatchObject({ committed: true });
  expect([...server.nginx.loaded.domains.keys()]).toEqual(['b.test']);
});

test('of two changes of a site that wait, the newer one is made, and both who wait hear of it', async () => {
  const server = new FakeServer();
  const target = server.start();
  const outcomes = await Promise.all([target.submit(site('a', 'one')), target.submit(site('a', 'two'))]);
  expect(outcomes.map(reasonOf)).toEqual(['committed', 'committed']);
  expect(Object.values(server.files.tree(`${FOLDER}/sites`)).join('')).toContain('two');
  expect(server.nginx.reloads).toBe(1);
});

test.each([1, 3])(
  '%i bad changes among ten: each is told why, the others go live, what was served stays',
  async (bad) => {
    const server = new FakeServer();
    const target = server.start();
    await target.submit(site('s0', 'before'));
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        target.submit(site(`s${index}`, index < bad ? 'BROKEN' : 'fine')),
      ),
    );
    expect(outcomes.map(reasonOf)).toEqual(
      outcomes.map((_, index) => (index < bad ? 'NGINX_TEST_FAILED' : 'committed')),
    );
    expect(outcomes[0]).toMatchObject({ message: expect.stringContaining('(field headers)') });
    expect(server.nginx.loaded.domains.has('s0.test')).toBe(true);
    expect(Object.values(server.files.tree(`${FOLDER}/sites/${uid('s0')}`)).join('')).toContain('before');
  },
);

test.each(['hangs', 'crashes'] as const)(
  'a test of nginx that %s changes nothing, and heals by itself',
  async (fault) => {
    const server = new FakeServer();
    const target = server.start();
    await target.submit(site('a'));
    const hook = server.files.tree()[server.nginx.hookPath];
    server.nginx.testFault = fault;
    expect(reasonOf(await target.submit(site('b')))).toBe('NGINX_BROKEN');
    expect(server.files.tree()[server.nginx.hookPath]).toBe(hook);
    server.nginx.testFault = 'none';
    expect(reasonOf(await target.submit(site('b')))).toBe('committed');
  },
);

test('a port that is taken at reload: the old configuration is back, and nginx never let it go', async () => {
  const server = new FakeServer();
  const target = server.start();
  await target.submit(site('a'));
  const hook = server.files.tree()[server.nginx.hookPath];
  server.nginx.reloadFault = 'port-taken';
  const outcome = await target.submit(site('b'));
  expect(outcome).toMatchObject({ reason: 'NGINX_RELOAD_FAILED', message: 'bind() to 0.0.0.0:80 failed.' });
  expect(server.files.tree()[server.nginx.hookPath]).toBe(hook);
  expect([...server.nginx.loaded.domains.keys()]).toEqual(['a.test']);
  server.nginx.reloadFault = 'none';
  expect(reasonOf(await target.submit(site('b')))).toBe('committed');
});

test('a master that dies at reload is started again with the configuration before', async () => {
  const server = new FakeServer();
  const target = server.start();
  await target.submit(site('a'));
  server.nginx.reloadFault = 'master-dies';
  expect(reasonOf(await target.submit(site('b')))).toBe('NGINX_RELOAD_FAILED');
  expect(await server.nginx.processes()).toBeDefined();
  expect([...server.nginx.loaded.domains.keys()]).toEqual(['a.test']);
});

test('a site for which another server block answers is swapped back alone', async () => {
  const server = new FakeServer();
  const target = server.start();
  await target.submit(site('a'));
  const answer = server.net.answer;
  server.net.answer = (request) =>
    request.host === 'b.test'
      ? { answered: true, status: 200, body: 'foreign', fingerprint: '' }
      : answer(request);
  const [b, c] = await Promise.all([target.submit(site('b')), target.submit(site('c'))]);
  expect(reasonOf(b)).toBe('NGINX_RELOAD_FAILED');
  expect(reasonOf(c)).toBe('committed');
  expect([...server.nginx.loaded.domains.keys()].sort()).toEqual(['a.test', 'c.test']);
}, 20_000);

test('a domain of a foreign server block is refused with its file and line', async () => {
  const server = new FakeServer();
  const listens = [{ address: '*', port: 80, tls: false, isDefault: true }];
  server.nginx.foreign = {
    servers: [{ file: '/etc/nginx/sites-enabled/shop', line: 7, names: ['.a.test'], listens }],
    httpDirectives: [],
    mainDirectives: [],
  };
  const target = server.start();
  const outcome = await target.submit(site('a'));
  expect(outcome).toMatchObject({
    reason: 'DOMAIN_SHADOWED',
    message: expect.stringContaining('/etc/nginx/sites-enabled/shop line 7'),
  });
  expect(reasonOf(await target.submit(site('b')))).toBe('committed');
});

class Killed extends Error {}

test.each(POINTS)('killed at %s: old or new, and the next start goes on', async (point) => {
  const server = new FakeServer();
  await server.start().submit(site('a', 'old'));
  let armed = true;
  const dying = server.start((name) => {
    if (name !== point || !armed) return;
    armed = false;
    server.files.crashAfter(0);
    throw new Killed();
  });
  await Promise.all([dying.submit(site('a', 'new')), dying.submit(site('b'))]).catch(() => undefined);
  expect(armed).toBe(false);
  server.files.heal();
  const next = server.start();
  await next.prepare();
  const journal = JSON.parse(server.files.tree()[`${FOLDER}/journal.json`] ?? '');
  expect(journal.commit).toBeUndefined();
  expect(server.nginx.loaded.generation).toBe(journal.current);
  const outcomes = await Promise.all([next.submit(site('a', 'new')), next.submit(site('b'))]);
  expect(outcomes.map(reasonOf)).toEqual(['committed', 'committed']);
  expect([...server.nginx.loaded.domains.keys()].sort()).toEqual(['a.test', 'b.test']);
});

test('killed after each single change of a file: old or new, and the next start goes on', async () => {
  let visited = 0;
  for (let changes = 0; ; changes += 1) {
    const server = new FakeServer();
    await server.start().submit(site('a', 'old'));
    const dying = server.start();
    await dying.prepare();
    server.files.crashAfter(changes);
    const outcome = await dying.submit(site('a', 'new'));
    server.files.heal();
    if (outcome.committed) break;
    visited += 1;
    const next = server.start();
    await next.prepare();
    expect([...server.nginx.loaded.domains.keys()]).toEqual(['a.test']);
    expect(reasonOf(await next.submit(site('a', 'new')))).toBe('committed');
    expect(server.files.tree()[`${FOLDER}/journal.json`]).not.toContain('commit');
  }
  expect(visited).toBeGreaterThan(8);
});

test('a full disk refuses the change, keeps what is served, and heals when there is room', async () => {
  for (let changes = 0; changes < 12; changes += 1) {
    const server = new FakeServer();
    const target = server.start();
    await target.submit(site('a'));
    server.files.failAfter(changes, 'ENOSPC');
    const outcome = await target.submit(site('b'));
    expect(server.nginx.loaded.domains.has('a.test')).toBe(true);
    server.files.heal();
    if (!outcome.committed) expect(reasonOf(await target.submit(site('b')))).toBe('committed');
    expect(server.nginx.loaded.domains.has('b.test')).toBe(true);
  }
});

test('every file of ours cut at every length: the next start heals it', async () => {
  const intact = new FakeServer();
  await intact.start().submit(site('a'));
  const tree = intact.files.tree();
  const paths = Object.keys(tree).filter((path) => path.startsWith(FOLDER) || path === intact.nginx.hookPath);
  expect(paths.length).toBeGreaterThanOrEqual(6);
  for (const path of paths) {
    const content = tree[path] ?? '';
    for (let length = 0; length < content.length; length += content.length > 400 ? 13 : 1) {
      const server = new FakeServer();
      for (const [other, text] of Object.entries(tree)) server.files.seed(other, text);
      server.files.seed(path, content.slice(0, length));
      const target = server.start();
      await target.prepare();
      expect(reasonOf(await target.submit(site('a'))), `${path} cut at ${length}`).toBe('committed');
      await server.nginx.reload();
      expect([...server.nginx.loaded.domains.keys()], `${path} cut at ${length}`).toEqual(['a.test']);
    }
  }
}, 60_000);

test('old generations and their sites are collected', async () => {
  const server = new FakeServer();
  const target = server.start();
  await target.submit(site('b'));
  for (let index = 0; index < 8; index += 1) await target.submit(site('a', `text ${index}`));
  await target.remove(uid('b'));
  for (let index = 0; index < 4; index += 1) await target.submit(site('a', `other ${index}`));
  const generations = async () => (await server.files.list(`${FOLDER}/generations`)).length;
  await expect.poll(generations).toBe(3 * 2);
  await expect.poll(async () => (await server.files.list(`${FOLDER}/sites/${uid('a')}`)).length).toBe(3);
  expect(await server.files.list(`${FOLDER}/sites`)).toEqual([uid('a')]);
});

test('a hand edit is seen with a diff, and put back on demand', async () => {
  const server = new FakeServer();
  const target = server.start();
  await target.submit(site('a'));
  const path =
    Object.keys(server.files.tree(`${FOLDER}/sites`)).find((name) => name.endsWith('site.conf')) ?? '';
  const content = server.files.tree()[path] ?? '';
  server.files.seed(path, content.replace('X-Text fine', 'X-Text mine'));
  const [change] = await target.observeDrift(uid('a'));
  expect(change).toMatchObject({ path });
  expect(change?.diff).toContain('-  add_header X-Text fine;\n+  add_header X-Text mine;\n');
  await target.enforce(uid('a'));
  expect(server.files.tree()[path]).toBe(content);
  expect(await target.observeDrift(uid('a'))).toEqual([]);
});

test('a hand edit that breaks the test is put back, because it would block every other change', async () => {
  const server = new FakeServer();
  const target = server.start();
  await target.submit(site('a'));
  const path =
    Object.keys(server.files.tree(`${FOLDER}/sites`)).find((name) => name.endsWith('site.conf')) ?? '';
  server.files.seed(path, 'BROKEN');
  expect(reasonOf(await target.submit(site('b')))).toBe('committed');
  expect(server.files.tree()[path]).not.toContain('BROKEN');
});

test('a preview tests in a shadow tree, shows the diff, and leaves nothing', async () => {
  const server = new FakeServer();
  const target = server.start();
  await target.submit(site('a'));
  const before = server.files.tree();
  const good = await target.preview(
    new Map([
      [uid('a'), { contribution: site('a', 'next') }],
      [uid('b'), { contribution: site('b') }],
    ]),
  );
  expect(good.problem).toBeUndefined();
  expect(good.files.map((file) => file.diff).join('')).toContain(
    '-  add_header X-Text fine;\n+  add_header X-Text next;\n',
  );
  const bad = await target.preview(new Map([[uid('a'), { contribution: site('a', 'BROKEN') }]]));
  expect(bad.problem).toContain('unknown directive');
  expect(server.files.tree()).toEqual(before);
  expect(server.nginx.reloads).toBe(1);
});

test('a preview writes only what it changes, however many sites there are beside it', async () => {
  const written = async (sites: number): Promise<number> => {
    const server = new FakeServer();
    const target = server.start();
    await Promise.all(Array.from({ length: sites }, (_, index) => target.submit(site(`s${index}`))));
    const before = server.files.changes;
    const { problem } = await target.preview(new Map([[uid('s0'), { contribution: site('s0', 'next') }]]));
    expect(problem).toBeUndefined();
    return server.files.changes - before;
  };
  expect(await written(20)).toBe(await written(2));
});

test('a preview is not blocked by a hand edit that a commit would put back, and leaves it', async () => {
  const server = new FakeServer();
  const target = server.start();
  await target.submit(site('a'));
  const path =
    Object.keys(server.files.tree(`${FOLDER}/sites`)).find((name) => name.endsWith('site.conf')) ?? '';
  server.files.seed(path, 'BROKEN');
  const { problem } = await target.preview(new Map([[uid('b'), { contribution: site('b') }]]));
  expect(problem).toBeUndefined();
  expect(server.files.tree()[path]).toBe('BROKEN');
});

test('logs that grew large are renamed, the oldest is dropped', async () => {
  const server = new FakeServer();
  const target = server.start();
  await target.submit(site('a'));
  const log = `${FOLDER}/logs/${uid('a')}.access.log`;
  for (const text of ['first', 'second', 'third']) {
    server.files.seed(log, text);
    await target.rotateLogs({ mostBytes: 3, kept: 2 });
  }
  expect(server.files.tree(`${FOLDER}/logs`)).toEqual({ [`${log}.1`]: 'third', [`${log}.2`]: 'second' });
});
