import { randomUUID } from 'node:crypto';

import { type Client, ConnectError, createClient } from '@connectrpc/connect';
import {
  AuditService,
  ErrorInfoSchema,
  ErrorReason,
  IdentityService,
  Role,
  TakeBrowserSignInResponse_State as State,
} from '@ostler/contracts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { execute, queryOne } from '../platform/db';
import { startTestApp, type TestApp } from '../start-test-app.fixture';

const password = 'correct horse battery';
let app: TestApp;
let ownerToken: string;
let owner: Client<typeof IdentityService>;
let nobody: Client<typeof IdentityService>;

const as = (token?: string) => createClient(IdentityService, app.transport(token));
const asSystem = <T>(work: () => Promise<T>): Promise<T> => app.db.unitOfWork.asSystem('sign-in', work);
const reasonOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConnectError)) throw error;
  return ErrorReason[error.findDetails(ErrorInfoSchema)[0]?.reason ?? 0] ?? '';
};
const begin = () => nobody.beginBrowserSignIn({ program: 'ostler CLI', computer: 'laptop' });
const take = ({ secret }: { readonly secret: string }) => nobody.takeBrowserSignIn({ secret });
const decide = (code: string, approve: boolean, by = owner) =>
  by.decideBrowserSignIn({ requestId: randomUUID(), code, approve });

beforeAll(async () => {
  app = await startTestApp();
  ownerToken = await app.signIn(app.firstLogin.email, app.firstLogin.password, password);
  [owner, nobody] = [as(ownerToken), as()];
});
afterAll(() => app.close());
beforeEach(() => asSystem(() => execute('delete from sign_in_failure')));

it('a program is let in as who approves it, once', async () => {
  const begun = await begin();
  expect(begun.path).toBe(`/approve?code=${begun.code}`);
  expect(await take(begun)).toMatchObject({ state: State.WAITING, sessionToken: '' });
  const { browserSignIn } = await owner.getBrowserSignIn({ code: begun.code });
  expect(browserSignIn).toMatchObject({ program: 'ostler CLI', computer: 'laptop', address: '127.0.0.1' });
  await decide(begun.code.toLowerCase().replace('-', ' '), true);
  const taken = await take(begun);
  expect(taken).toMatchObject({ state: State.APPROVED, person: { email: app.firstLogin.email } });
  expect((await as(taken.sessionToken).whoAmI({})).person?.role).toBe(Role.OWNER);
  expect((await take(begun)).state).toBe(State.EXPIRED);
});

it('of many that take it at the same time one gets the session', async () => {
  const begun = await begin();
  await decide(begun.code, true);
  const answers = await Promise.all(Array.from({ length: 8 }, () => take(begun)));
  expect(answers.filter(({ sessionToken }) => sessionToken !== '')).toHaveLength(1);
});

it('a program that is turned away hears so and stays out', async () => {
  const begun = await begin();
  await decide(begun.code, false);
  expect(await take(begun)).toMatchObject({ state: State.DENIED, sessionToken: '' });
  expect((await take(begun)).state).toBe(State.EXPIRED);
});

it('after ten minutes nobody can decide or take it any more', async () => {
  const begun = await begin();
  await decide(begun.code, true);
  const late = await begin();
  await asSystem(() => execute(`update browser_sign_in set expires_at = now() - interval '1 second'`));
  expect((await take(begun)).state).toBe(State.EXPIRED);
  expect(await reasonOf(decide(late.code, true))).toBe('NOT_FOUND');
});

it('a decision is made once, and the same request gets the same answer again', async () => {
  const { code } = await begin();
  const request = { requestId: randomUUID(), code, approve: true };
  const first = await owner.decideBrowserSignIn(request);
  expect(await owner.decideBrowserSignIn(request)).toEqual(first);
  expect(await reasonOf(decide(code, false))).toBe('NOT_FOUND');
});

it('an API token lets nobody in', async () => {
  const { code } = await begin();
  const wish = { requestId: randomUUID(), name: 'robot', role: Role.OWNER };
  const robot = as((await owner.createApiToken(wish)).token);
  expect(await reasonOf(decide(code, true, robot))).toBe('DENIED');
  expect(await reasonOf(nobody.getBrowserSignIn({ code }))).toBe('UNAUTHENTICATED');
});

it('who was disabled after the decision lets nobody in', async () => {
  const email = 'gone@example.com';
  const added = await owner.addPerson({ requestId: randomUUID(), email, role: Role.VIEWER });
  const gone = as(await app.signIn(email, added.firstPassword, password));
  const begun = await begin();
  await decide(begun.code, true, gone);
  await owner.updatePerson({ requestId: randomUUID(), uid: added.person!.uid, disabled: true });
  expect((await take(begun)).state).toBe(State.DENIED);
});

it('who tries codes, or begins over and over, has to wait', async () => {
  const tries: string[] = [];
  for (let time = 0; time < 7; time++)
    tries.push(await reasonOf(owner.getBrowserSignIn({ code: 'BBBB-BBBB' })));
  expect(tries[0]).toBe('NOT_FOUND');
  expect(tries.at(-1)).toBe('THROTTLED');
  await asSystem(() => execute('delete from sign_in_failure'));
  for (let time = 0; time < 6; time++) await begin();
  expect(await reasonOf(begin())).toBe('THROTTLED');
});

it('the trail says who let what in, and that it came in; the secret is nowhere', async () => {
  const begun = await begin();
  await decide(begun.code, true);
  await take(begun);
  const { entries } = await createClient(AuditService, app.transport(ownerToken)).list({ pageSize: 2 });
  expect(entries.map(({ method, actor }) => `${method.split('/')[1]} ${actor}`)).toEqual([
    `TakeBrowserSignIn ${app.firstLogin.email}`,
    `DecideBrowserSignIn ${app.firstLogin.email}`,
  ]);
  expect(entries[1]?.message).toBe('let in ostler CLI on laptop at 127.0.0.1');
  const kept = await begin();
  const row = await asSystem(() =>
    queryOne<{ all: string }>('select t::text as all from browser_sign_in t limit 1'),
  );
  expect(row?.all).not.toContain(kept.secret);
  expect(app.lines.join('\n')).not.toContain(kept.secret);
});
