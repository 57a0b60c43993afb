import { randomUUID } from 'node:crypto';

import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import {
  AuditEntry_Outcome,
  AuditService,
  ErrorInfoSchema,
  ErrorReason,
  IdentityService,
  Permission,
  Role,
} from '@ostler/contracts';
import { Client as PgClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { execute } from '../platform/db';
import { startTestApp, type TestApp } from '../start-test-app.fixture';

let app: TestApp;
let ownerToken: string;
let owner: Client<typeof IdentityService>;
let beforeChange: boolean | undefined;
let refusalBeforeChange: string;
const password = 'correct horse battery';

const as = (token?: string) => createClient(IdentityService, app.transport(token));
const reasonOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => new Error('it succeeded'),
    (e: unknown) => e,
  );
  if (!(error instanceof ConnectError)) throw error;
  return ErrorReason[error.findDetails(ErrorInfoSchema)[0]?.reason ?? 0] ?? '';
};

async function person(email: string, role: Role): Promise<{ uid: string; token: string }> {
  const added = await owner.addPerson({ requestId: randomUUID(), email, role });
  return { uid: added.person!.uid, token: await app.signIn(email, added.firstPassword, password) };
}

beforeAll(async () => {
  app = await startTestApp();
  const { email, password: first } = app.firstLogin;
  const { sessionToken } = await as().signIn({ email, password: first, withToken: true });
  beforeChange = (await as(sessionToken).whoAmI({})).person?.mustChangePassword;
  refusalBeforeChange = await reasonOf(as(sessionToken).listPeople({}));
  await as(sessionToken).changePassword({ currentPassword: first, newPassword: password });
  ownerToken = sessionToken;
  owner = as(ownerToken);
});
afterAll(() => app.close());

describe('sign-in', () => {
  it('with a first password opens nothing but its change', () => {
    expect([beforeChange, refusalBeforeChange]).toEqual([true, 'PASSWORD_CHANGE_REQUIRED']);
  });

  it('makes the first owner once', async () => {
    const { FirstOwner } = await import('.');
    expect(await app.app.get(FirstOwner).ensure('other@example.com')).toBeUndefined();
  });

  it('sets a strict cookie that only our own pages may use', async () => {
    const post = (method: string, body: object, headers: Record<string, string> = {}) =>
      fetch(`${app.url}/ostler.api.v1.IdentityService/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    const answer = await post('SignIn', { email: 'OWNER@example.com', password });
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^ostler_session=ost_session_\S+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    );
    const session = { cookie: cookie.split(';')[0]! };
    expect((await post('WhoAmI', {}, { ...session, origin: app.url })).status).toBe(200);
    expect((await post('WhoAmI', {}, { ...session, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    expect((await post('WhoAmI', {}, session)).status).toBe(403);
    expect((await post('WhoAmI', {}, { ...session, origin: 'http://evil.example' })).status).toBe(403);
    expect((await post('SignIn', { email: 'a', password }, { origin: 'http://evil.example' })).status).toBe(
      403,
    );
    await post('SignOut', {}, { ...session, origin: app.url });
    expect((await post('WhoAmI', {}, { ...session, origin: app.url })).status).toBe(401);
  });

  it('refuses a wrong password and an unknown person alike, then makes them wait', async () => {
    const attempt = (email: string) => as().signIn({ email, password: 'wrong wrong wrong' });
    for (const email of ['nobody@example.com', 'slow@example.com']) {
      if (email.startsWith('slow'))
        await owner.addPerson({ requestId: randomUUID(), email, role: Role.VIEWER });
      for (let time = 0; time < 6; time++) expect(await reasonOf(attempt(email))).toBe('UNAUTHENTICATED');
      const error = await attempt(email).catch((e: unknown) => e as ConnectError);
      const [info] = (error as ConnectError).findDetails(ErrorInfoSchema);
      expect(info?.reason).toBe(ErrorReason.THROTTLED);
      expect(info?.retryAfterSeconds).toBeGreaterThan(0);
    }
    await app.db.unitOfWork.asSystem('sign-in', () => execute('delete from sign_in_failure'));
  });

  it('keeps neither passwords nor tokens in the database', async () => {
    const rows = await dump();
    expect(rows).not.toContain(password);
    expect(rows).not.toContain(ownerToken);
    expect(rows).not.toContain(app.firstLogin.password);
  });
});

async function dump(): Promise<string> {
  const client = new PgClient({ connectionString: app.db.url });
  await client.connect();
  const found = await client.query<{ xml: string }>(
    `select schema_to_xml('public', true, false, '')::text as xml`,
  );
  await client.end();
  return found.rows[0]!.xml;
}

describe('people', () => {
  it('lets an admin do everything but touch owners', async () => {
    const admin = as((await person('admin@example.com', Role.ADMIN)).token);
    const [first] = (await owner.listPeople({})).people.filter(({ role }) => role === Role.OWNER);
    const change = { requestId: randomUUID(), uid: first!.uid };
    expect(await reasonOf(admin.updatePerson({ ...change, disabled: true }))).toBe('DENIED');
    expect(
      await reasonOf(admin.addPerson({ requestId: randomUUID(), email: 'x@example.com', role: Role.OWNER })),
    ).toBe('DENIED');
    const added = await admin.addPerson({
      requestId: randomUUID(),
      email: 'op@example.com',
      role: Role.OPERATOR,
    });
    expect(added.person?.role).toBe(Role.OPERATOR);
  });

  it('keeps the last owner', async () => {
    const [only] = (await owner.listPeople({})).people.filter(({ role }) => role === Role.OWNER);
    const change = () => ({ requestId: randomUUID(), uid: only!.uid });
    expect(await reasonOf(owner.updatePerson({ ...change(), role: Role.ADMIN }))).toBe('CONFLICT');
    expect(await reasonOf(owner.updatePerson({ ...change(), disabled: true }))).toBe('CONFLICT');
    const second = await person('second@example.com', Role.OWNER);
    const both = await Promise.allSettled([
      owner.updatePerson({ ...change(), role: Role.ADMIN }),
      owner.updatePerson({ requestId: randomUUID(), uid: second.uid, role: Role.ADMIN }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const rest = (await as(second.token).listPeople({})).people.filter(({ role }) => role === Role.OWNER);
    expect(rest).toHaveLength(1);
    if (rest[0]?.uid !== only!.uid) {
      await as(second.token).updatePerson({ requestId: randomUUID(), uid: only!.uid, role: Role.OWNER });
    }
  });

  it('ends the sessions of who is disabled or reset, at once', async () => {
    const { uid, token } = await person('leaver@example.com', Role.VIEWER);
    await as(token).whoAmI({});
    await owner.updatePerson({ requestId: randomUUID(), uid, disabled: true });
    await expect.poll(() => reasonOf(as(token).whoAmI({}))).toBe('UNAUTHENTICATED');
    expect(await reasonOf(as().signIn({ email: 'leaver@example.com', password }))).toBe('UNAUTHENTICATED');
    const { firstPassword } = await owner.updatePerson({
      requestId: randomUUID(),
      uid,
      disabled: false,
      resetPassword: true,
    });
    expect(
      (await as().signIn({ email: 'leaver@example.com', password: firstPassword })).person
        ?.mustChangePassword,
    ).toBe(true);
  });

  it('names the fields that it refuses', async () => {
    const error = await owner
      .addPerson({ requestId: 'x', email: 'no', role: 0 })
      .catch((e: unknown) => e as ConnectError);
    const [info] = (error as ConnectError).findDetails(ErrorInfoSchema);
    expect((error as ConnectError).code).toBe(Code.InvalidArgument);
    expect(info?.violations.map(({ field }) => field)).toEqual(['requestId', 'email', 'role']);
  });
});

describe('API tokens', () => {
  const make = (
    client: Client<typeof IdentityService>,
    name: string,
    role: Role,
    scopes: Permission[] = [],
  ) => client.createApiToken({ requestId: randomUUID(), name, role, scopes });

  it('do what their role and scopes say, and never more than their owner', async () => {
    const { uid, token } = await person('tokens@example.com', Role.ADMIN);
    const admin = as(token);
    expect(await reasonOf(make(admin, 'too-high', Role.OWNER))).toBe('DENIED');
    const ci = as((await make(admin, 'ci', Role.ADMIN)).token);
    const scoped = as((await make(admin, 'scoped', Role.ADMIN, [Permission.RESOURCES_READ])).token);
    expect((await ci.listPeople({})).people.length).toBeGreaterThan(1);
    expect(await reasonOf(scoped.listPeople({}))).toBe('DENIED');
    expect((await ci.whoAmI({})).apiToken?.name).toBe('ci');
    expect(await reasonOf(make(ci, 'child', Role.VIEWER))).toBe('DENIED');
    expect(await reasonOf(make(admin, 'ci', Role.VIEWER))).toBe('ALREADY_EXISTS');
    await owner.updatePerson({ requestId: randomUUID(), uid, role: Role.VIEWER });
    await expect.poll(() => reasonOf(ci.listPeople({}))).toBe('DENIED');
  });

  it('end when they are revoked or expire', async () => {
    const revoked = await make(owner, 'short', Role.VIEWER);
    await as(revoked.token).whoAmI({});
    await owner.revokeApiToken({ requestId: randomUUID(), uid: revoked.apiToken!.uid });
    await expect.poll(() => reasonOf(as(revoked.token).whoAmI({}))).toBe('UNAUTHENTICATED');
    const expired = await make(owner, 'old', Role.VIEWER);
    await app.db.unitOfWork.asSystem('people', () =>
      execute(`update api_token set expires_at = now() - interval '1 second' where uid = $1`, [
        expired.apiToken!.uid,
      ]),
    );
    expect(await reasonOf(as(expired.token).whoAmI({}))).toBe('TOKEN_EXPIRED');
    expect(await reasonOf(as(`${expired.token}x`).whoAmI({}))).toBe('UNAUTHENTICATED');
  });
});

describe('a request id', () => {
  it('gets the first answer again, secrets included, and is good for one request only', async () => {
    const request = { requestId: randomUUID(), email: 'twice@example.com', role: Role.VIEWER };
    const [first, again] = await Promise.all([owner.addPerson(request), owner.addPerson(request)]);
    expect(again).toEqual(first);
    expect(await owner.addPerson(request)).toEqual(first);
    expect(await reasonOf(owner.addPerson({ ...request, role: Role.ADMIN }))).toBe('REQUEST_ID_REUSED');
    const other = as((await person('other-admin@example.com', Role.ADMIN)).token);
    expect(await reasonOf(other.addPerson(request))).toBe('REQUEST_ID_REUSED');
  });

  it('can be used again after a refusal: nothing was done with it', async () => {
    const requestId = randomUUID();
    expect(
      await reasonOf(owner.addPerson({ requestId, email: 'twice@example.com', role: Role.VIEWER })),
    ).toBe('ALREADY_EXISTS');
    await owner.addPerson({ requestId, email: 'once@example.com', role: Role.VIEWER });
  });
});

describe('the audit', () => {
  const trail = (token = ownerToken) => createClient(AuditService, app.transport(token));

  it('has what was done, denied and refused, with who and why', async () => {
    const { token } = await person('curious@example.com', Role.VIEWER);
    await reasonOf(as(token).listPeople({}));
    const { entries } = await trail().list({ actor: 'curious@example.com' });
    expect(entries.map(({ method, outcome, reason }) => [method.split('/')[1], outcome, reason])).toEqual([
      ['ListPeople', AuditEntry_Outcome.DENIED, ErrorReason.DENIED],
      ['ChangePassword', AuditEntry_Outcome.DONE, 0],
      ['SignIn', AuditEntry_Outcome.DONE, 0],
    ]);
    const refused = await trail().list({ subject: 'twice@', outcome: AuditEntry_Outcome.REFUSED });
    expect(refused.entries[0]).toMatchObject({
      actor: 'owner@example.com',
      reason: ErrorReason.ALREADY_EXISTS,
    });
    const failed = await trail().list({ subject: 'slow@example.com', outcome: AuditEntry_Outcome.DENIED });
    expect(failed.entries).toHaveLength(6);
    expect(await reasonOf(trail(token).list({}))).toBe('DENIED');
  });

  it('has one entry for a repeated request', async () => {
    const { entries } = await trail().list({
      subject: 'twice@example.com',
      outcome: AuditEntry_Outcome.DONE,
    });
    expect(entries).toHaveLength(1);
  });

  it('pages without losing or repeating', async () => {
    const all = (await trail().list({ pageSize: 1000 })).entries.map(({ uid }) => uid);
    const paged: string[] = [];
    for (let pageToken = ''; ;) {
      const page = await trail().list({ pageSize: 7, pageToken });
      paged.push(...page.entries.map(({ uid }) => uid));
      pageToken = page.nextPageToken;
      if (pageToken === '') break;
    }
    expect(paged).toEqual(all);
    const { nextPageToken } = await trail().list({ pageSize: 1 });
    expect(await reasonOf(trail().list({ pageToken: nextPageToken, actor: 'x' }))).toBe('INVALID');
    expect(await reasonOf(trail().list({ pageToken: 'x' }))).toBe('INVALID');
  });
});
