import { createServer } from 'node:net';
import { readFile, rm, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { tokenize } from '../../host/nginx/tokenize';
import type { CommitFailpoint } from './commit';
import {
  block,
  directive,
  template,
  variable,
  type Argument,
  type Contribution,
  type Directive,
  type ServerFacts,
} from './index';
import { probeLocation } from './assemble';
import { startRealNginx, type RealNginx } from './real-nginx.fixture';

const started: RealNginx[] = [];
afterEach(async () => {
  for (const nginx of started.splice(0)) await nginx[Symbol.asyncDispose]();
});

async function start(options: Parameters<typeof startRealNginx>[0] = {}) {
  const nginx = await startRealNginx(options);
  started.push(nginx);
  const facts = await nginx.target.prepare();
  if ('reason' in facts) throw new Error(facts.message);
  return { nginx, facts, submit: (contribution: Contribution) => nginx.target.submit(contribution) };
}

function site(
  name: string,
  facts: ServerFacts,
  inside: readonly Directive[],
  http: readonly Directive[] = [],
): Contribution {
  const uid = `00000000-0000-7000-8000-${Buffer.from(name).toString('hex').padStart(12, '0').slice(-12)}`;
  const server = block(
    'server',
    [],
    [
      directive('listen', `*:${facts.httpPort}`),
      directive('server_name', `${name}.test`),
      probeLocation(uid, facts),
      ...inside,
    ],
  );
  return {
    uid,
    name,
    nodes: [...http, server],
    files: [],
    domains: [`${name}.test`],
    probes: [{ host: `${name}.test`, tls: false }],
    ipv6: false,
    inputs: {},
  };
}

const answers = (text: Argument): Directive[] => [
  block('location', ['/'], [directive('return', '200', text)]),
];

test('nginx reads back exactly the text that went in, dollar signs and all', async () => {
  const { nginx, facts, submit } = await start();
  const unit = fc.constantFrom(
    '"',
    "'",
    '\\',
    ';',
    '{',
    '}',
    '$',
    '${',
    '\n',
    '\r',
    '\t',
    ' ',
    '#',
    'a',
    'ü',
    '𝒳',
    '(',
    ')',
    '~',
    'n',
    '$host',
    '%',
    '\u0085',
    '\u2028',
  );
  const texts = fc.sample(fc.string({ unit, minLength: 1, maxLength: 40 }), 400);
  const locations = texts.map((text, index) =>
    block('location', ['=', `/${index}`], [directive('return', '200', text)]),
  );
  expect(await submit(site('quoting', facts, locations))).toMatchObject({ committed: true });
  for (const [index, text] of texts.entries())
    expect(await nginx.get('quoting.test', `/${index}`)).toMatchObject({ status: 200, body: text });
});

test('our reading of nginx configuration agrees with nginx about where words end', async () => {
  const { nginx, facts, submit } = await start();
  const unit = fc.constantFrom('"', "'", '\\', '{', '$', '${x', 'a', 'n', 't', '}', 'ü');
  const texts = fc.sample(fc.string({ unit, minLength: 1, maxLength: 12 }), 150);
  const locations = texts.map((text, index) =>
    block('location', ['=', `/${index}`], [directive('default_type', text), directive('return', '200', 'x')]),
  );
  expect(await submit(site('words', facts, locations))).toMatchObject({ committed: true });
  const path = `${nginx.target.layout.sites}/${site('words', facts, []).uid}`;
  const [digest = ''] = await import('node:fs/promises').then((fs) => fs.readdir(path));
  const words = [...tokenize(await readFile(`${path}/${digest}/site.conf`, 'utf8'))].map(
    (token) => token.text,
  );
  expect(texts.every((text) => words.includes(text))).toBe(true);
});

test('one bad site among twenty: the others go live', async () => {
  const { nginx, facts, submit } = await start();
  await submit(site('bad', facts, answers('before')));
  const begin = performance.now();
  const outcomes = await Promise.all([
    submit(site('bad', facts, [directive('proxy_pass', 'http://no-such-name.invalid')])),
    ...Array.from({ length: 20 }, (_, index) => submit(site(`n${index}`, facts, answers(`hello ${index}`)))),
  ]);
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(outcomes.map((outcome) => outcome.committed)).toEqual([
    false,
    ...Array.from({ length: 20 }, () => true),
  ]);
  expect(outcomes[0]).toMatchObject({ reason: 'NGINX_TEST_FAILED' });
  expect(await nginx.get('bad.test')).toMatchObject({ body: 'before' });
  expect(await nginx.get('n19.test')).toMatchObject({ body: 'hello 19' });
});

test('a shared zone that changed under its old name is seen as not loaded, and rolled back', async () => {
  const { nginx, facts, submit } = await start();
  const zone = (size: string): Directive =>
    directive('limit_req_zone', template(variable('binary_remote_addr')), `zone=same:${size}`, 'rate=1r/s');
  const key = (name: string): Directive =>
    directive('limit_req_zone', template(variable(name)), 'zone=same:1m', 'rate=1r/s');
  expect(await submit(site('zone', facts, answers('one'), [zone('1m')]))).toMatchObject({ committed: true });
  expect(await submit(site('zone', facts, answers('two'), [key('uri')]))).toMatchObject({
    committed: false,
    reason: 'NGINX_RELOAD_FAILED',
  });
  expect(await nginx.get('zone.test')).toMatchObject({ body: 'one' });
  expect(await submit(site('zone', facts, answers('three'), [zone('1m')]))).toMatchObject({
    committed: true,
  });
});

test("a port that somebody else holds: refused with nginx's words, everything else goes on", async () => {
  const { nginx, facts, submit } = await start();
  await submit(site('fine', facts, answers('fine')));
  const holder = createServer();
  await new Promise<void>((done) => holder.listen(0, '0.0.0.0', done));
  const { port } = holder.address() as { port: number };
  const begin = performance.now();
  const greedy = site('greedy', facts, answers('x'));
  const taken = {
    ...greedy,
    nodes: [
      ...greedy.nodes,
      block('server', [], [directive('listen', `*:${port}`), directive('server_name', 'greedy2.test')]),
    ],
  };
  const [refused, other] = await Promise.all([submit(taken), submit(site('other', facts, answers('other')))]);
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(refused).toMatchObject({
    reason: 'NGINX_RELOAD_FAILED',
    message: expect.stringContaining(`${port} failed (98: Address already in use)`),
  });
  expect(other).toMatchObject({ committed: true });
  expect(await nginx.get('fine.test')).toMatchObject({ body: 'fine' });
  expect(await nginx.get('other.test')).toMatchObject({ body: 'other' });
  await new Promise((done) => holder.close(done));
});

class Killed extends Error {}

test.each<CommitFailpoint>([
  'nginx.staged',
  'nginx.tested',
  'nginx.journalled',
  'nginx.swapped',
  'nginx.reloaded',
  'nginx.watched',
  'nginx.committed',
])(
  'an agent that ends at %s leaves nginx serving old or new; the next one adopts it and goes on',
  async (point) => {
    let armed = false;
    const { nginx, facts, submit } = await start({
      failpoint: (name) => {
        if (name === point && armed) throw new Killed();
      },
    });
    await submit(site('a', facts, answers('old')));
    armed = true;
    const journal = nginx.target.layout.journal;
    // The first agent heals itself as after a crash; what it leaves is what a second one finds.
    await submit(site('a', facts, answers('new')));
    const seen = await nginx.get('a.test');
    expect(['old', 'new']).toContain(seen.answered ? seen.body : '');
    const master = (await nginx.runtime.processes())?.masterPid;
    const next = await startRealNginx({ folder: nginx.folder });
    expect((await next.runtime.processes())?.masterPid).toBe(master);
    expect(JSON.parse(await readFile(journal, 'utf8')).commit).toBeUndefined();
    expect(await next.target.submit(site('a', facts, answers('new')))).toMatchObject({ committed: true });
    expect(await nginx.get('a.test')).toMatchObject({ body: 'new' });
  },
);

test('nginx is started again after it was killed, with what was live', async () => {
  const { nginx, facts, submit } = await start();
  await submit(site('a', facts, answers('alive')));
  const processes = await nginx.runtime.processes();
  for (const pid of [processes?.masterPid ?? 0, ...(processes?.workerPids ?? [])])
    process.kill(pid, 'SIGKILL');
  await expect.poll(() => nginx.runtime.processes()).toBeUndefined();
  const look = async () => {
    // It leaves a commit alone that is not through.
    await nginx.target.keepRunning();
    return nginx.get('a.test');
  };
  await expect.poll(look).toMatchObject({ body: 'alive' });
});

test('a hook that was emptied by hand is written again at the next start', async () => {
  const { nginx, facts, submit } = await start();
  await submit(site('a', facts, answers('alive')));
  await writeFile(nginx.runtime.hookPath, '');
  await rm(nginx.target.layout.journal);
  const next = await startRealNginx({ folder: nginx.folder });
  expect(await readFile(nginx.runtime.hookPath, 'utf8')).toContain('include ');
  expect(await next.target.submit(site('b', facts, answers('b')))).toMatchObject({ committed: true });
  expect(await nginx.get('a.test')).toMatchObject({ body: 'alive' });
});
