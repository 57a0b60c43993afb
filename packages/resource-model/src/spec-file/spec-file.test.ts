import { Kind, Upstream_Balance } from '@ostler/contracts';
import { expect, test } from 'vitest';

import { parseSpecFile, toSpecFile } from '../index';

const hello = `kind: Site
name: hello
labels: { version: 1.10 }
spec:
  placement: { server: web-1 }
  domains: [Bücher.example, www.example.com]
  upstreams:
    - name: api
      balance: least-connections
      servers: [{ host: 127.0.0.1, port: 3000 }]
  handler:
    proxy: { upstream: api }
`;

test('a spec file becomes resources in their one form, and goes back', () => {
  const { resources, violations } = parseSpecFile(`${hello}---\n${hello.replace('hello', 'again')}`);
  expect(violations).toEqual([]);
  expect(resources.map(({ meta }) => meta!.name)).toEqual(['hello', 'again']);
  const [first] = resources;
  expect(first!.meta).toMatchObject({ kind: Kind.SITE, labels: { version: '1.10' } });
  expect(first!.spec.value).toMatchObject({
    domains: ['xn--bcher-kva.example', 'www.example.com'],
    upstreams: [{ balance: Upstream_Balance.LEAST_CONNECTIONS }],
  });
  expect(toSpecFile(first!)).toBe(`kind: Site
name: hello
labels:
  version: "1.10"
spec:
  placement:
    server: web-1
  domains:
    - xn--bcher-kva.example
    - www.example.com
  handler:
    proxy:
      upstream: api
  upstreams:
    - name: api
      servers:
        - host: 127.0.0.1
          port: 3000
      balance: least_connections
`);
});

const refusals: [string, string, { line: number; field: string; reason: string; message?: string }][] = [
  ['an unknown field', hello.replace('handler:', 'handlers:'), { line: 11, field: 'spec.handlers', reason: 'UNKNOWN_FIELD', message: 'is not a field; did you mean handler?' }],
  ['a rule of the kind', hello.replace('upstream: api', 'upstream: apis'), { line: 12, field: 'spec.handler.proxy.upstream', reason: 'UNKNOWN_UPSTREAM' }],
  ['a rule of the contract', hello.replace('port: 3000', 'port: 0'), { line: 10, field: 'spec.upstreams[0].servers[0].port', reason: 'UINT32_GTE_LTE' }],
  ['a duplicate key', `${hello}name: other\n`, { line: 13, field: '', reason: 'DUPLICATE_KEY' }],
  ['an unknown value', hello.replace('least-connections', 'least-connection'), { line: 9, field: 'spec.upstreams[0].balance', reason: 'UNKNOWN_VALUE', message: 'is not a value; did you mean least_connections?' }],
  ['an unknown kind', hello.replace('kind: Site', 'kind: Sit'), { line: 1, field: 'kind', reason: 'UNKNOWN_KIND' }],
  ['two answers', hello.replace('proxy: {', 'redirect: { target: /a }\n    proxy: {'), { line: 13, field: 'spec.handler.proxy', reason: 'NOT_COMBINABLE' }],
  ['a number that is none', hello.replace('port: 3000', 'port: http'), { line: 10, field: 'spec.upstreams[0].servers[0].port', reason: 'NOT_A_NUMBER' }],
  ['a tag that would run code', hello.replace('name: hello', 'name: !!js/function hello'), { line: 2, field: '', reason: 'TAG_RESOLVE_FAILED' }],
]; // prettier-ignore

test.each(refusals)('%s is refused with its line', (_name, text, expected) => {
  expect(parseSpecFile(text).violations).toContainEqual(
    expect.objectContaining({ document: 0, ...expected }),
  );
});

test('aliases that explode are refused before anything is made of them', () => {
  let text =
    'kind: Site\nname: a\nspec:\n  domains: &a0 [x.example, x.example]\n  headers: &h0 [{name: A, value: b}]\n';
  for (let level = 1; level < 30; level++)
    text += `  l${level}: &a${level} [${Array(9)
      .fill(`*a${level - 1}`)
      .join(', ')}]\n`;
  const bomb = `a: &a0 {name: x}
kind: Site
name: bomb
spec:
  errorPages: &e [${Array(200).fill('{statuses: &s [404, 405, 406, 407], body: x}').join(', ')}]
  upstreams: [${Array(300).fill('{servers: *e}').join(', ')}]
`;
  expect(parseSpecFile(text).violations.length).toBeGreaterThan(0);
  expect(parseSpecFile(bomb).violations).toMatchObject([{ reason: 'TOO_LARGE', line: 6 }]);
  const valid = bomb
    .replace('a: &a0 {name: x}\n', '')
    .replaceAll('{servers: *e}', '{servers: &x [{host: a, port: 1}]}');
  const pages = `  paths: [${Array(300).fill('{path: /a, handler: &h {fixedResponse: {status: 200}}, access: *l}').join(', ')}]\n`;
  const list = `  access: &l [${Array(400).fill('{source: all}').join(', ')}]\n`;
  expect(parseSpecFile(`${valid}${list}${pages}`).violations.map(({ reason }) => reason)).toContain(
    'TOO_LARGE',
  );
});

test('a secret is written as nothing to change, and its value never', () => {
  const text = hello.replace(
    '  handler:',
    '  basicAuth: { users: [{ username: alice, password: { value: hunter2 } }] }\n  handler:',
  );
  const { resources, violations } = parseSpecFile(text);
  expect(violations).toEqual([]);
  expect(toSpecFile(resources[0]!)).toContain('password: {}');
  expect(toSpecFile(resources[0]!)).not.toContain('hunter2');
});
