import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import {
  Health as HealthService,
  HealthCheckResponse_ServingStatus as Status,
  reflectionV1,
  reflectionV1alpha,
} from '@ostler/contracts/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Health } from '../platform/http';
import { startTestApp, type TestApp } from '../start-test-app.fixture';
import { GrpcModule } from '.';

let app: TestApp;
let token: string;
let isWell = true;

beforeAll(async () => {
  app = await startTestApp([GrpcModule]);
  token = await app.signIn(app.firstLogin.email, app.firstLogin.password, 'correct horse battery');
  const check = () => (isWell ? Promise.resolve() : Promise.reject(new Error('broken')));
  app.app.get(Health).add({ name: 'test', check });
});
afterAll(() => app.close());

const grpc = (bearer?: string) =>
  createGrpcTransport({
    baseUrl: app.url,
    interceptors: [
      (next) => (request) => {
        if (bearer) request.header.set('authorization', `Bearer ${bearer}`);
        return next(request);
      },
    ],
  });

describe('health', () => {
  it('is told to who has no credentials, over gRPC and by curl', async () => {
    const health = createClient(HealthService, grpc());
    expect((await health.check({})).status).toBe(Status.SERVING);
    expect((await health.check({ service: 'ostler.api.v1.IdentityService' })).status).toBe(Status.SERVING);
    const connect = createClient(
      HealthService,
      createConnectTransport({ baseUrl: app.url, httpVersion: '1.1', useBinaryFormat: false }),
    );
    isWell = false;
    expect((await connect.check({})).status).toBe(Status.NOT_SERVING);
    isWell = true;
  });

  it('of a service that is not served is not found, and unknown to who watches', async () => {
    const health = createClient(HealthService, grpc(token));
    const error = await health.check({ service: 'nobody' }).catch((e: unknown) => e as ConnectError);
    expect((error as ConnectError).code).toBe(Code.NotFound);
    for await (const { status } of health.watch({ service: 'nobody' })) {
      expect(status).toBe(Status.SERVICE_UNKNOWN);
      break;
    }
  });

  it('is not watched by who is not signed in', async () => {
    const reading = (async () => {
      for await (const _ of createClient(HealthService, grpc()).watch({})) break;
    })();
    await expect(reading).rejects.toMatchObject({ code: Code.Unauthenticated });
  });
});

describe.each([
  ['v1', reflectionV1],
  ['v1alpha', reflectionV1alpha as unknown as typeof reflectionV1],
])('reflection %s', (_version, { ServerReflection }) => {
  type Asked = Parameters<
    ReturnType<typeof createClient<typeof ServerReflection>>['serverReflectionInfo']
  >[0];
  type One = Asked extends AsyncIterable<infer T> ? T : never;

  async function ask(...asked: One[]) {
    const requests = (async function* () {
      yield* asked;
    })();
    const answers = [];
    const reflection = createClient(ServerReflection, grpc(token));
    for await (const { messageResponse } of reflection.serverReflectionInfo(requests)) {
      answers.push(messageResponse);
    }
    return answers;
  }

  const filesOf = ([answer]: Awaited<ReturnType<typeof ask>>): FileDescriptorProto[] => {
    if (answer?.case !== 'fileDescriptorResponse') throw new Error(`no files: ${answer?.case}`);
    return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  };

  it('lists the services', async () => {
    const [answer] = await ask({ messageRequest: { case: 'listServices', value: '' } });
    const services = answer?.case === 'listServicesResponse' ? answer.value.service : [];
    expect(services.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['ostler.api.v1.IdentityService', 'grpc.health.v1.Health']),
    );
  });

  it('gives a contract that a tool can build, from the name of a service alone', async () => {
    const symbol = 'ostler.api.v1.IdentityService';
    const files = filesOf(await ask({ messageRequest: { case: 'fileContainingSymbol', value: symbol } }));
    expect(files[0]?.name).toBe('ostler/api/v1/identity.proto');
    const registry = createFileRegistry(
      create(FileDescriptorSetSchema, { file: [...files.slice(1), files[0]!] }),
    );
    const signIn = registry.getService(symbol)?.method.signIn;
    expect(signIn?.input.fields.map(({ name }) => name)).toContain('password');
  });

  it.each([
    'ostler.api.v1.IdentityService.SignIn',
    'ostler.api.v1.SignInRequest',
    'ostler.api.v1.SignInRequest.password',
    'ostler.api.v1.ROLE_VIEWER',
  ])('finds the file of %s', async (value) => {
    const [file] = filesOf(await ask({ messageRequest: { case: 'fileContainingSymbol', value } }));
    expect(file?.name).toBe('ostler/api/v1/identity.proto');
  });

  it('tells extensions, and where they are', async () => {
    const containingType = 'google.protobuf.MethodOptions';
    const [numbers] = await ask({
      messageRequest: { case: 'allExtensionNumbersOfType', value: containingType },
    });
    expect(numbers?.case === 'allExtensionNumbersResponse' && numbers.value.extensionNumber).toContain(50101);
    const [file] = filesOf(
      await ask({
        messageRequest: {
          case: 'fileContainingExtension',
          value: { containingType, extensionNumber: 50101 },
        },
      }),
    );
    expect(file?.name).toBe('ostler/meta/v1/options.proto');
  });

  it('says what it does not know, and goes on', async () => {
    const answers = await ask(
      { messageRequest: { case: 'fileContainingSymbol', value: 'no.Such' } },
      { messageRequest: { case: 'fileByFilename', value: 'etc/passwd' } },
      { messageRequest: { case: 'fileByFilename', value: 'ostler/meta/v1/meta.proto' } },
    );
    expect(answers.map((answer) => answer.case)).toEqual([
      'errorResponse',
      'errorResponse',
      'fileDescriptorResponse',
    ]);
  });
});
