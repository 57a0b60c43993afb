import { randomUUID } from 'node:crypto';

import { create, type DescMethod } from '@bufbuild/protobuf';
import { ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { ErrorInfoSchema, ErrorReason, IdentityService, Role } from '@ostler/contracts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { RpcRegistry } from '../platform/rpc';
import { rulesOf } from '../platform/rpc/method-rules';
import { startTestApp, type TestApp } from '../start-test-app.fixture';
import { rooms } from './app.module';

const roles = ['viewer', 'operator', 'admin', 'owner'] as const;
type Who = (typeof roles)[number];

let app: TestApp;
let methods: readonly DescMethod[];
/** Over HTTP/2, without which there are no streams in both directions. */
const transports = new Map<Who, Transport>();
let nobody: Transport;
let liar: Transport;

beforeAll(async () => {
  app = await startTestApp(rooms);
  nobody = app.transport(undefined, '2');
  liar = app.transport('ost_api_made-up', '2');
  methods = app.app.get(RpcRegistry).services.flatMap(({ service }) => service.methods);
  const ownerToken = await app.signIn(app.firstLogin.email, app.firstLogin.password, 'correct horse battery');
  transports.set('owner', app.transport(ownerToken, '2'));
  const owner = createClient(IdentityService, app.transport(ownerToken));
  for (const who of ['viewer', 'operator', 'admin'] as const) {
    const role = { viewer: Role.VIEWER, operator: Role.OPERATOR, admin: Role.ADMIN }[who];
    const email = `${who}@example.com`;
    const { firstPassword } = await owner.addPerson({ requestId: randomUUID(), email, role });
    transports.set(who, app.transport(await app.signIn(email, firstPassword, 'correct horse battery'), '2'));
  }
});
afterAll(() => app.close());

/** Services of ours without their package. */
const nameOf = ({ parent, name }: DescMethod) => `${parent.typeName.replace(/^ostler\..*\./, '')}/${name}`;

/** Calls with an empty message. What gets as far as the message itself was let in. */
async function outcome(transport: Transport, method: DescMethod): Promise<string> {
  try {
    if (method.methodKind === 'unary') {
      await transport.unary(method as never, undefined, 10_000, undefined, {});
    } else {
      const input = (async function* () {
        yield create(method.input);
      })();
      const { message } = await transport.stream(
        method as never,
        undefined,
        10_000,
        undefined,
        input as never,
      );
      for await (const _ of message) break;
    }
    return 'OK';
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return ErrorReason[error.findDetails(ErrorInfoSchema)[0]?.reason ?? 0] ?? 'UNSPECIFIED';
  }
}

/** So many calls without a sign-in, or with a wrong one, count against this address for a while. */
function whenLookedAt(transport: Transport, method: DescMethod): Promise<string> {
  return vi.waitFor(
    async () => {
      const result = await outcome(transport, method);
      expect(result).not.toBe('THROTTLED');
      return result;
    },
    { timeout: 10_000 },
  );
}

/** For servers that have no certificate: what they bring is judged by the method itself. */
const ofAgents = ['JoinService/Challenge', 'JoinService/Join', 'JoinService/Recover'];

it('refuses every method to who is not signed in, but the public ones', async () => {
  const open: string[] = [];
  for (const method of methods) {
    const result = await whenLookedAt(nobody, method);
    if (result !== 'UNAUTHENTICATED') open.push(nameOf(method));
  }
  expect(open.sort()).toEqual([
    'IdentityService/BeginBrowserSignIn',
    'IdentityService/SignIn',
    'IdentityService/TakeBrowserSignIn',
    ...ofAgents,
    'LiveService/GetInfo',
    'grpc.health.v1.Health/Check',
  ]);
});

it('refuses every method with a token that is none', async () => {
  const accepted: string[] = [];
  for (const method of methods) {
    const result = await outcome(liar, method);
    // So many wrong ones from one address are not even looked at any more.
    if (result !== 'UNAUTHENTICATED' && result !== 'THROTTLED') accepted.push(nameOf(method));
  }
  expect(accepted.sort()).toEqual(ofAgents);
});

it('lets each role do what the golden list says', async () => {
  const lines: string[] = [];
  // Signing out ends what the other calls are made with.
  const ordered = [...methods].sort((a, b) => Number(a.name === 'SignOut') - Number(b.name === 'SignOut'));
  for (const method of ordered) {
    const allowed: Who[] = [];
    for (const who of roles) {
      const result = await whenLookedAt(transports.get(who)!, method);
      if (result !== 'DENIED') allowed.push(who);
      expect(
        ['UNAUTHENTICATED', 'THROTTLED', 'INTERNAL', 'UNSPECIFIED'],
        `${nameOf(method)} as ${who}`,
      ).not.toContain(result);
    }
    lines.push(`${nameOf(method)}: ${allowed.join(' ')}`);
  }
  await expect(`${lines.sort().join('\n')}\n`).toMatchFileSnapshot('every-method.golden.txt');
});

it('takes a request id for every mutation that can be repeated', () => {
  const without = methods.filter((method) => rulesOf(method).isMutation && !rulesOf(method).isIdempotent);
  // Signing in and out repeat by nature; a browser sign-in is known by its secret, a join by its key, a recovery by its
  // nonce, a piece of a file by its content and offset.
  expect(without.map(nameOf).sort()).toEqual([
    'IdentityService/BeginBrowserSignIn',
    'IdentityService/ChangePassword',
    'IdentityService/SignIn',
    'IdentityService/SignOut',
    'IdentityService/TakeBrowserSignIn',
    'JoinService/Join',
    'JoinService/Recover',
    'ReleaseService/PutFile',
  ]);
});

it('logs nothing in all of this', () => {
  expect(app.lines).toEqual([]);
});
