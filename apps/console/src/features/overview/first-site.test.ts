import { create } from '@bufbuild/protobuf';
import { Kind, ResourceSchema, Server_State, ServerSchema } from '@ostler/contracts';
import { checkResource } from '@ostler/resource-model';
import { expect, test } from 'vitest';
import { easyDomain, firstSiteResource, isOwnSite, readyServers } from './first-site';

const wish = { name: 'mine', domain: 'mine.localhost', server: 'web-1', words: 'Hello' };

test('the site of the guide keeps the rules of its kind', () => {
  expect(checkResource(firstSiteResource(wish)).violations).toEqual([]);
});

test('words are words on the page, whatever is in them', () => {
  const { spec } = firstSiteResource({ ...wish, words: '<script>alert(1)</script> & "co"' });
  const answer = spec.case === 'site' ? spec.value.handler?.answer : undefined;
  const body = answer?.case === 'fixedResponse' ? answer.value.body : '';
  expect(body).toContain('<h1>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;co&quot;</h1>');
  expect(body).not.toContain('<script>');
});

test('a name of this machine is offered only to who browses on it', () => {
  expect(easyDomain('mine', '127.0.0.1')).toBe('mine.localhost');
  expect(easyDomain('mine', 'panel.example.com')).toBe('');
  expect(easyDomain('', 'localhost')).toBe('');
});

test('the example of the first start is nobody’s own site', () => {
  const site = (labels: Record<string, string>) =>
    create(ResourceSchema, { meta: { kind: Kind.SITE, labels } });
  expect([site({ 'ostler/example': '' }), site({}), site({ env: 'prod' })].map(isOwnSite)).toEqual([
    false,
    true,
    true,
  ]);
});

test('only a server that is connected and not held takes a first site', () => {
  const server = (name: string, more: object) => create(ServerSchema, { name, ...more });
  const connected = { state: Server_State.CONNECTED };
  const all = [
    server('a', connected),
    server('b', {}),
    server('c', { ...connected, hold: { message: 'Held.' } }),
  ];
  expect(readyServers(all).map(({ name }) => name)).toEqual(['a']);
});
