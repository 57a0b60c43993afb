import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { IdentityService, TakeBrowserSignInResponse_State as State } from '@ostler/contracts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readContexts, storeContext } from '../../auth/context-file';
import { CommandContext } from '../../command-context';
import { type Routes, runCommandIn } from '../../testing/run-command.fixture';

let folder: string;
let contextFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostler-cli-'));
  contextFile = join(folder, 'cli.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const serving =
  (methods: Partial<ServiceImpl<typeof IdentityService>>): Routes =>
  (router) =>
    void router.service(IdentityService, methods);
const run = (routes: Routes, ...line: readonly string[]) =>
  runCommandIn({ contextFile, password: 'secret' }, routes, ...line);
const signIn = serving({ signIn: () => ({ sessionToken: 'ost_session_x' }) });
const keep = (name: string, url: string): void =>
  storeContext(contextFile, name, { url, email: 'owner@example.test', token: name });
const commandContext = (more: object = {}) =>
  new CommandContext({ colour: false, contextFile, cacheFolder: folder, ...more });

test('a sign-in gets the name that is asked for, or that of its host; the address again keeps its name', async () => {
  const line = ['sign-in', '--email', 'owner@example.test', '--url'];
  await run(signIn, ...line, 'https://one.example.test:7443');
  await run(signIn, ...line, 'https://two.example.test', '--context', 'shop');
  await run(signIn, ...line, 'https://two.example.test');
  const { current, contexts } = readContexts(contextFile);
  expect(Object.keys(contexts)).toEqual(['one.example.test-7443', 'shop']);
  expect(current).toBe('shop');
});

test('a context that is named goes before OSTLER_URL, which goes before the present one', () => {
  keep('home', 'http://home.test');
  keep('shop', 'http://shop.test');
  expect(commandContext().url).toBe('http://shop.test');
  expect(commandContext({ url: 'http://other.test' }).url).toBe('http://other.test');
  const named = commandContext({ url: 'http://other.test', context: 'home' });
  expect([named.url, named.token()]).toEqual(['http://home.test', 'home']);
  named.choose('nowhere');
  expect(() => named.url).toThrow('there are: home, shop');
});

test('contexts are listed without their tokens, chosen and forgotten', async () => {
  keep('home', 'http://home.test');
  keep('shop', 'http://shop.test');
  const { output } = await run(signIn, 'contexts', '-o', 'json');
  expect(output).not.toContain('token');
  expect(JSON.parse(output)).toMatchObject([
    { name: 'home', current: false },
    { name: 'shop', current: true },
  ]);
  await run(signIn, 'contexts', 'use', 'home');
  expect(readContexts(contextFile).current).toBe('home');
  await expect(run(signIn, 'contexts', 'use', 'nowhere')).rejects.toThrow('there are: home, shop');
  await run(signIn, 'contexts', 'remove', 'home');
  expect(Object.keys(readContexts(contextFile).contexts)).toEqual(['shop']);
});

test('signing out forgets the session even where the control plane does not know it any more', async () => {
  keep('home', 'http://home.test');
  const routes = serving({
    signOut: () => {
      throw new ConnectError('has ended', Code.Unauthenticated);
    },
  });
  await expect(run(routes, 'sign-out')).rejects.toThrow('has ended');
  expect(readContexts(contextFile).contexts).toEqual({});
});

/** Answers one after the other, a failure among them. */
function answering(...states: readonly (State | 'away')[]): Routes {
  const left = [...states];
  return serving({
    beginBrowserSignIn: () => ({ secret: 's', code: 'BCDF-GHJK', path: '/approve?code=BCDF-GHJK' }),
    takeBrowserSignIn: ({ secret }) => {
      const state = left.shift();
      if (state === 'away') throw new ConnectError('restarting', Code.Unavailable);
      expect(secret).toBe('s');
      return { state, sessionToken: 'ost_session_y', person: { email: 'owner@example.test' } };
    },
  });
}

test('a browser sign-in asks until somebody has decided, over a moment without a control plane', async () => {
  const routes = answering(State.WAITING, 'away', State.WAITING, State.APPROVED);
  await run(routes, 'sign-in', '--browser', '--url', 'http://home.test');
  expect(readContexts(contextFile).contexts['home.test']).toEqual({
    url: 'http://home.test',
    email: 'owner@example.test',
    token: 'ost_session_y',
  });
});

test.each([
  [State.DENIED, 'turned away'],
  [State.EXPIRED, 'in time'],
])('a browser sign-in that is not approved keeps nothing', async (state, why) => {
  await expect(run(answering(state), 'sign-in', '--browser')).rejects.toThrow(why);
  expect(readContexts(contextFile).contexts).toEqual({});
});

test('who approves sees what asks, and may turn it away', async () => {
  const decisions: boolean[] = [];
  const routes = serving({
    getBrowserSignIn: () => ({
      browserSignIn: { program: 'ostler CLI', computer: '\u001b[2Jlaptop', address: '192.0.2.1' },
    }),
    decideBrowserSignIn: ({ approve }) => {
      decisions.push(approve);
      return {};
    },
  });
  expect((await run(routes, 'approve', 'BCDF-GHJK', '--yes')).output).toBe(
    'ostler CLI on \\u001b[2Jlaptop is let in.\n',
  );
  await run(routes, 'approve', 'BCDF-GHJK', '--deny');
  expect(decisions).toEqual([true, false]);
});
