import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { SiteSpecSchema, StaticFilesSchema, type SiteSpec } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { HOSTILE_VALUES } from '@ostler/test-kit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenize } from '../../host/nginx/tokenize';
import { renderConfiguration, type Argument, type Contribution, type Directive } from '../../targets/nginx';
import { isTable, readingsOf } from '../../targets/nginx/configuration/vocabulary';
import { checkSite } from './check';
import { DEFAULT_SITE_POLICY } from './policy';
import { renderSite } from './render/site';
import { FACTS } from './site-facts.fixture';

type SiteInit = Exclude<MessageInitShape<typeof SiteSpecSchema>, SiteSpec>;

const policy = DEFAULT_SITE_POLICY;
const good: SiteInit = {
  domains: ['good.test'],
  handler: { answer: { case: 'staticFiles', value: { root: '/srv/good' } } },
};
const files = (value: MessageInitShape<typeof StaticFilesSchema>): SiteInit => ({
  ...good,
  handler: { answer: { case: 'staticFiles', value } },
});
const root = (path: string): SiteInit => files({ root: path });
const socket = (path: string): SiteInit => ({
  ...good,
  handler: { answer: { case: 'fastcgi', value: { socket: path, root: '/srv/x' } } },
});
const upstream = (host: string, port = 8080): SiteInit => ({
  ...good,
  upstreams: [{ name: 'app', servers: [{ host, port }] }],
});
const redirect = (target: string, keepPath = false): SiteInit => ({
  ...good,
  handler: { answer: { case: 'redirect', value: { target, keepPath } } },
});
const header = (name: string, value = 'x'): SiteInit => ({ ...good, headers: [{ name, value }] });

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      "'",
      '\\',
      ';',
      '{',
      '}',
      '$',
      '${x}',
      '\n',
      ' ',
      '#',
      '/',
      '..',
      'a',
      'ü',
      '\u202e',
      '-',
    ),
    maxLength: 20,
  }),
  fc.constantFrom(...HOSTILE_VALUES.map(({ value }) => value)),
  fc.constantFrom(
    '/srv/x',
    'a.test',
    '127.0.0.1',
    'https://x.test/$uri',
    '/a',
    '10.0.0.0/8',
    'app',
    'x"; } server { #',
    '/srv/$host"; return 200 "',
  ),
);
const handler = fc.oneof(
  fc
    .record({ root: hostile, index: fc.array(hostile, { maxLength: 2 }), fallback: hostile })
    .map((value) => ({ answer: { case: 'staticFiles' as const, value } })),
  fc
    .record({
      upstream: hostile,
      host: hostile,
      requestHeaders: fc.array(fc.record({ name: hostile, value: hostile }), { maxLength: 2 }),
    })
    .map((value) => ({ answer: { case: 'proxy' as const, value } })),
  fc
    .record({ socket: hostile, root: hostile, index: hostile })
    .map((value) => ({ answer: { case: 'fastcgi' as const, value } })),
  fc
    .record({ target: hostile, keepPath: fc.boolean() })
    .map((value) => ({ answer: { case: 'redirect' as const, value } })),
  fc
    .record({ body: hostile })
    .map(({ body }) => ({ answer: { case: 'fixedResponse' as const, value: { status: 200, body } } })),
);
const access = fc.array(fc.record({ allow: fc.boolean(), source: hostile }), { maxLength: 2 });
const basicAuth = fc.option(
  fc.record({ realm: hostile, users: fc.array(fc.record({ username: hostile }), { maxLength: 2 }) }),
  { nil: undefined },
);
const headers = fc.array(fc.record({ name: fc.oneof(hostile, fc.constant('X-$a')), value: hostile }), {
  maxLength: 2,
});
const anySite: fc.Arbitrary<SiteInit> = fc.record({
  domains: fc.array(fc.oneof(hostile, fc.constant('ok.test')), { minLength: 1, maxLength: 3 }),
  handler,
  paths: fc.array(
    fc.record({ path: hostile, match: fc.constantFrom(1, 2), handler, headers, access, basicAuth }),
    { maxLength: 2 },
  ),
  upstreams: fc.array(
    fc.record({
      name: hostile,
      servers: fc.array(fc.record({ host: hostile, port: fc.nat(70_000) }), { maxLength: 2 }),
    }),
    { maxLength: 1 },
  ),
  headers,
  access,
  basicAuth,
  maintenance: fc.option(fc.record({ body: hostile, allow: fc.array(hostile, { maxLength: 2 }) }), {
    nil: undefined,
  }),
  errorPages: fc.array(fc.record({ statuses: fc.constant([404]), body: hostile }), { maxLength: 1 }),
});

/** Each string field alone hostile, the rest of the site good: most of these get past the other checks. */
const nearlyGood: fc.Arbitrary<SiteInit> = hostile.chain((text) =>
  fc.constantFrom<SiteInit>(
    root(`/srv/${text}`),
    redirect(`https://x.test/${text}`, true),
    header('X-A', text),
    socket(`/run/${text}`),
    upstream(text),
    { ...good, domains: [text] },
    { ...good, paths: [{ path: `/${text}`, handler: redirect('https://y.test', true).handler }] },
    { ...good, paths: [{ path: `/${text}`, match: 2, handler: good.handler }] },
    { ...good, access: [{ source: text }] },
    { ...good, basicAuth: { realm: text, users: [{ username: 'a' }] } },
    { ...good, maintenance: { body: text, allow: [text] } },
    { ...good, errorPages: [{ statuses: [404], body: text }] },
    { ...good, handler: { answer: { case: 'fixedResponse', value: { status: 200, body: text } } } },
    files({ root: '/srv/x', fallback: `/${text}`, index: [text] }),
    {
      ...upstream('x.test'),
      handler: {
        answer: {
          case: 'proxy',
          value: { upstream: 'app', host: text, requestHeaders: [{ name: 'X-B', value: text }] },
        },
      },
    },
  ),
);

test('a hostile string in any field is refused by its field, or is text and nothing else', () => {
  let passed = 0;
  fc.assert(
    fc.property(fc.oneof(anySite, nearlyGood), (init) => {
      const spec = create(SiteSpecSchema, init);
      try {
        checkSite(spec, policy);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect(
          (error as AppError).violations.every((violation) =>
            /^[a-zA-Z]+(\[\d+\])?(\.[a-zA-Z]+(\[\d+\])?)*$/.test(violation.field),
          ),
        ).toBe(true);
        return;
      }
      passed += 1;
      const addresses = { app: [{ address: '192.0.2.1', port: 1, weight: 1, backup: false, healthy: true }] };
      const site = renderSite(
        { uid: '00000000-0000-7000-8000-000000000001', name: 'x' },
        spec,
        { upstreams: addresses, releases: {}, passwords: {} },
        FACTS,
      );
      expect(wordsOf(site)).toEqual(expectedWords(site.nodes));
    }),
    { numRuns: 2000 },
  );
  expect(passed).toBeGreaterThan(200);
}, 60_000);

function wordsOf(site: Contribution): string[] {
  const text = renderConfiguration(site.nodes, { ownFolder: '/own' });
  return [...tokenize(text)].map((token) => (token.isPunctuation ? `<${token.text}>` : token.text));
}

/** The words as the tree means them, without the renderer. */
function expectedWords(nodes: readonly Directive[], parent?: string): string[] {
  return nodes.flatMap((node) => {
    const readings = readingsOf(node.name, parent) ?? [];
    const args = node.args.map((argument, index) => {
      const reading = readings[Math.min(index, readings.length - 1)];
      return node.name === 'if' ? `(${meant(argument, 'name')})` : meant(argument, reading ?? 'plain');
    });
    expect(isTable(parent) || /^[a-z_0-9]+$/.test(node.name)).toBe(true);
    const end = node.children ? ['<{>', ...expectedWords(node.children, node.name), '<}>'] : ['<;>'];
    return [node.name, ...args, ...end];
  });
}

function meant(argument: Argument, reading: string): string {
  const parts = typeof argument === 'string' ? [{ text: argument }] : argument;
  return parts
    .map((part) => {
      if ('ownFile' in part) return `/own/${part.ownFile}`;
      if ('text' in part)
        return reading === 'script' ? part.text.replaceAll('$', '${ostler_dollar}') : part.text;
      return parts.length === 1 ? `$${part.variable}` : `\${${part.variable}}`;
    })
    .join('');
}
