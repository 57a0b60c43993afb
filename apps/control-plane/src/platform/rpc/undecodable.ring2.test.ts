import { randomUUID } from 'node:crypto';

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Code, type ConnectError, createClient } from '@connectrpc/connect';
import { findTrailerError } from '@connectrpc/connect/protocol-grpc';
import { Client as GrpcClient, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  AuditEntry_Outcome,
  AuditService,
  CreateApiTokenRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  ErrorReason,
  IdentityService,
  Role,
} from '@ostler/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../../start-test-app.fixture';
import { execute, queryOne } from '../db';
import { AuditSink } from './ports';

const path = '/ostler.api.v1.IdentityService/CreateApiToken';
const method = path.slice(1);

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startTestApp();
  token = await app.signIn(app.firstLogin.email, app.firstLogin.password, 'correct horse battery');
});
afterAll(() => app.close());

interface Answer {
  readonly code: number;
  readonly message: string;
  readonly info: ErrorInfo | undefined;
}
type Door = (body: Uint8Array, as?: string) => Promise<Answer>;

const answerOf = (error: ConnectError): Answer => ({
  code: error.code,
  message: error.rawMessage,
  info: error.findDetails(ErrorInfoSchema)[0],
});

/** Connect's unary protocol by hand: a client would not send what does not decode. */
const connect =
  (contentType: string): Door =>
  async (body, as = token) => {
    const authorization: Record<string, string> = as === '' ? {} : { authorization: `Bearer ${as}` };
    const response = await fetch(`${app.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': contentType, ...authorization },
      body: Buffer.from(body),
    });
    const json = (await response.json()) as {
      message: string;
      details?: { value: string; debug?: { reason: string } }[];
    };
    const [detail] = json.details ?? [];
    const bytes = Buffer.from(detail?.value ?? '', 'base64');
    return {
      code: response.status,
      message: json.message,
      info: detail && fromBinary(ErrorInfoSchema, bytes),
    };
  };

/** gRPC with Google's own client; the serialiser hands on the bytes as they are. */
const grpc: Door = (body, as = token) =>
  new Promise((resolve, reject) => {
    const client = new GrpcClient(`127.0.0.1:${app.port}`, credentials.createInsecure());
    const metadata = new Metadata();
    if (as !== '') metadata.set('authorization', `Bearer ${as}`);
    const asTheyAre = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
    const end = (error: ServiceError | null): void => {
      client.close();
      if (!error) return reject(new Error('it was taken'));
      const [details] = error.metadata.get('grpc-status-details-bin');
      const header = new Headers({
        'grpc-status': String(error.code),
        'grpc-status-details-bin': Buffer.from(details ?? '').toString('base64'),
      });
      resolve({ ...answerOf(findTrailerError(header)!), code: error.code });
    };
    client.makeUnaryRequest(path, asTheyAre, asTheyAre, body, metadata, end);
  });

const doors: readonly (readonly [string, Door, number, number])[] = [
  ['Connect with JSON', connect('application/json'), 400, 401],
  ['Connect in binary', connect('application/proto'), 400, 401],
  ['gRPC', grpc, Code.InvalidArgument, Code.Unauthenticated],
];

const trail = async () => (await createClient(AuditService, app.transport(token)).list({})).entries;
const tokens = async () =>
  (await createClient(IdentityService, app.transport(token)).listApiTokens({})).apiTokens.length;
const good = (name: string) =>
  toBinary(CreateApiTokenRequestSchema, create(CreateApiTokenRequestSchema, { name }));

describe.each(doors)('through %s', (_name, door, invalid, unauthenticated) => {
  it.each([
    ['noise', Buffer.from([0xff, 0xfe, 0, 1, 2])],
    ['a message that ends in the middle', good('some name').subarray(0, 4)],
    ['a text that is not UTF-8', Buffer.from([0x12, 2, 0xc3, 0x28])],
  ])('%s is refused with a reason and recorded, and nothing is changed', async (_what, body) => {
    const before = [await tokens(), (await trail()).length] as const;
    const { code, message, info } = await door(body);
    expect(code).toBe(invalid);
    expect(info).toMatchObject({ reason: ErrorReason.INVALID });
    expect(info!.violations[0]).toMatchObject({ reason: expect.stringMatching(/^[A-Z_]+$/) });
    expect(message).toContain('Nothing was changed');
    expect(message).not.toMatch(/internal/i);
    expect(await tokens()).toBe(before[0]);
    const [entry, ...older] = await trail();
    expect(older).toHaveLength(before[1]);
    expect(entry).toMatchObject({
      method,
      outcome: AuditEntry_Outcome.REFUSED,
      actor: app.firstLogin.email,
    });
  });

  it('who is nobody is not told what is wrong with the body', async () => {
    const { code, info } = await door(Buffer.from([0xff]), 'ost_session_of-nobody');
    expect(code).toBe(unauthenticated);
    expect(info).toMatchObject({ reason: ErrorReason.UNAUTHENTICATED, violations: [] });
  });
});

it('names the field of a JSON body, and never its value', async () => {
  const body = '{"name": {"password": "hunter2"}, "rol": 3}';
  const { message, info } = await connect('application/json')(Buffer.from(body));
  expect(info!.violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
    'name WRONG_TYPE',
    'rol UNKNOWN_FIELD',
  ]);
  expect(info!.violations[1]!.message).toContain('did you mean role?');
  expect(message + JSON.stringify((await trail())[0]!.message)).not.toContain('hunter2');
});

it('a body beyond the limit is refused with the limit', async () => {
  const { message, info } = await connect('application/proto')(new Uint8Array(17 * 1024 * 1024));
  expect(info).toMatchObject({ reason: ErrorReason.LIMIT_EXCEEDED });
  expect(message).toContain('16 MiB');
});

describe('callers who are nobody', () => {
  /** Entries without an actor that say so. */
  const ofNobody = async () => (await trail()).filter(({ actor }) => actor === '');

  it('are in the trail of the first tenant: once at once, then as a number', async () => {
    await app.app.get(AuditSink).countUnknown();
    const before = (await ofNobody()).length;
    for (let time = 0; time < 5; time++) await connect('application/json')(Buffer.from('{}'), '');
    const now = await ofNobody();
    expect(now).toHaveLength(before + 1);
    expect(now[0]).toMatchObject({
      method,
      outcome: AuditEntry_Outcome.DENIED,
      reason: ErrorReason.UNAUTHENTICATED,
      address: '127.0.0.1',
    });
    await app.app.get(AuditSink).countUnknown();
    expect((await ofNobody())[0]!.message).toBe('4 more such calls since the last entry.');
  });

  it('are there when they sign in as somebody who does not exist', async () => {
    const identity = createClient(IdentityService, app.transport());
    await identity.signIn({ email: 'nobody@example.com', password: 'guess' }).catch(() => undefined);
    const [entry] = await ofNobody();
    expect(entry).toMatchObject({
      subject: 'person nobody@example.com',
      method: 'ostler.api.v1.IdentityService/SignIn',
      outcome: AuditEntry_Outcome.DENIED,
    });
  });

  it('are there with a token that has expired', async () => {
    const identity = createClient(IdentityService, app.transport(token));
    const made = await identity.createApiToken({
      requestId: randomUUID(),
      name: 'old',
      role: Role.VIEWER,
      lifetimeDays: 1,
    });
    await app.db.unitOfWork.asSystem('people', () =>
      execute(`update api_token set expires_at = now() - interval '1 minute' where name = 'old'`),
    );
    await expect(createClient(AuditService, app.transport(made.token)).list({})).rejects.toThrow('expired');
    expect((await ofNobody())[0]).toMatchObject({ reason: ErrorReason.TOKEN_EXPIRED });
  });

  it('leave nothing in the trail of another tenant', async () => {
    const row = await app.db.unitOfWork.asSystem('people', () =>
      queryOne<{ tenants: bigint }>(`select count(distinct tenant_uid) as tenants from audit_entry`),
    );
    expect(row!.tenants).toBe(1n);
  });
});
