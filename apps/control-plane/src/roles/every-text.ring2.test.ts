import { randomUUID } from 'node:crypto';

import {
  clone,
  create,
  type DescField,
  type DescMessage,
  type DescMethod,
  type Message,
} from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { ConnectError, type Transport } from '@connectrpc/connect';
import { ErrorInfoSchema, ErrorReason } from '@ostler/contracts';
import { textsIn } from '@ostler/resource-model';
import { HOSTILE_VALUES } from '@ostler/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { RpcRegistry } from '../platform/rpc';
import { startTestApp, type TestApp } from '../start-test-app.fixture';
import { rooms } from './app.module';

// Every string field of every request of the contract, found by walking the descriptors: a method that is
// added tomorrow is driven tomorrow. e2e/hostile drives the specs themselves, field by field.

/** Binary cannot carry half of a character; what is over-long is the same for every field. */
const values = HOSTILE_VALUES.filter(
  ({ name }) => !/half of a character|metadata|hexadecimal|decimal/.test(name),
);
/** Each of these ends the session that all calls are made with, or slows down who signs in. */
const apart = /SignOut|SignIn|ChangePassword|Apply$/;

let app: TestApp;
let transport: Transport;

beforeAll(async () => {
  app = await startTestApp(rooms);
  const token = await app.signIn(app.firstLogin.email, app.firstLogin.password, 'correct horse battery');
  // Over HTTP/2, without which there are no streams in both directions.
  transport = app.transport(token, '2');
});
afterAll(() => app?.close());

const methods = (): DescMethod[] =>
  app.app
    .get(RpcRegistry)
    .services.flatMap(({ service }) => service.methods)
    .filter(({ name }) => !apart.test(name));

function filled(desc: DescMessage, depth = 0): Message {
  const message = reflect(desc, create(desc));
  for (const field of desc.fields) {
    if (!field.oneof || field.oneof.fields[0] === field) put(message, field, depth);
  }
  return message.message;
}

function put(message: ReflectMessage, field: DescField, depth: number): void {
  if (field.message && depth > 3) return;
  const value = field.message ? reflect(field.message, filled(field.message, depth + 1)) : plain(field);
  if (field.fieldKind === 'list') message.get(field).add(value);
  else if (field.fieldKind === 'map') message.get(field).set('key', value);
  else message.set(field as never, value);
}

function plain({ name, enum: isEnum, scalar }: DescField): unknown {
  if (isEnum) return 1;
  if (scalar === 9) return /(^|_)(request_id|uid)$/.test(name) ? randomUUID() : 'a';
  if (scalar === 8) return false;
  if (scalar === 12) return new Uint8Array([1]);
  return scalar === 4 || scalar === 3 ? 1n : 1;
}

interface Answer {
  readonly reason: string;
  readonly message: string;
  readonly waitSeconds: number;
}

async function ask(method: DescMethod, message: Message): Promise<Answer> {
  try {
    if (method.methodKind === 'unary') {
      await transport.unary(method as never, AbortSignal.timeout(60_000), 60_000, undefined, message);
    } else {
      const input = (async function* () {
        yield message;
      })();
      const answer = await transport.stream(method as never, undefined, 500, undefined, input as never);
      for await (const _ of answer.message) break;
    }
    return { reason: 'OK', message: '', waitSeconds: 0 };
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const [info] = error.findDetails(ErrorInfoSchema);
    const reason = ErrorReason[info?.reason ?? 0] ?? 'UNSPECIFIED';
    return { reason, message: error.rawMessage, waitSeconds: info?.retryAfterSeconds ?? 0 };
  }
}

/** Nobody may call so often; here that is no answer. */
async function patiently(method: DescMethod, message: Message): Promise<Answer> {
  for (;;) {
    const answer = await ask(method, message);
    if (answer.reason !== 'THROTTLED') return answer;
    await new Promise((resolve) => setTimeout(resolve, answer.waitSeconds * 1000));
  }
}

it('no text in any field of any request makes a call fail inside', { timeout: 400_000 }, async () => {
  let [calls, fields] = [0, 0];
  for (const method of methods()) {
    const template = filled(method.input);
    const texts = [...textsIn(method.input, template)];
    fields += texts.length;
    for (const [index, { path }] of texts.entries()) {
      for (const { name, value } of values) {
        const message = clone(method.input, template as never) as Message;
        [...textsIn(method.input, message)][index]!.replace(value);
        const answer = await patiently(method, message);
        calls += 1;
        const place = `${method.parent.name}/${method.name} ${path} with ${name}: ${answer.message}`;
        expect(['INTERNAL', 'UNSPECIFIED'], place).not.toContain(answer.reason);
        expect(answer.message, place).not.toMatch(
          /\b(syntax|constraint|relation|column|TypeError|undefined)\b/,
        );
      }
    }
  }
  process.stdout.write(`texts of requests: ${fields}, calls: ${calls}\n`);
  expect(fields).toBeGreaterThan(50);
  expect(app.lines.filter((line) => line.includes('a call failed'))).toEqual([]);
});
