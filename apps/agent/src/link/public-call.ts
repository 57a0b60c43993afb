import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import {
  create,
  type DescMethodUnary,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { ErrorInfoSchema, ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';
import { connectPublic, type PublicTrust, unreachable } from './public-connection';

const ANSWER_TIMEOUT_MS = 30_000;
const MOST_ANSWER_BYTES = 256 * 1024;

/**
 * One unary call of the Connect protocol to the public listener, with what Node has: an agent that has joined
 * keeps no client of it in memory.
 *
 * @throws AppError with the control plane's own words and reason when it refuses, UNAUTHENTICATED when it is
 * not the pinned one, UNAVAILABLE when it cannot be reached.
 */
export async function callPublic<I extends DescMessage, O extends DescMessage>(
  controlUrl: string,
  trust: PublicTrust,
  method: DescMethodUnary<I, O>,
  message: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  const url = checkUrl(controlUrl);
  const body = toBinary(method.input, create(method.input, message));
  const path = `/${method.parent.typeName}/${method.name}`;
  const { status, bytes } = await post(url, path, trust, body);
  if (status !== 200) throw refusal(url, status, bytes);
  return fromBinary(method.output, bytes);
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function checkUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw AppError.invalid('control', 'URL', `${text} is no URL like https://control.example:8443.`);
  }
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname)) {
    throw AppError.invalid('control', 'NO_TLS', 'a control plane on another machine is joined by https.');
  }
  return url;
}

async function post(
  url: URL,
  path: string,
  trust: PublicTrust,
  body: Uint8Array,
): Promise<{ status: number; bytes: Buffer }> {
  const isTls = url.protocol === 'https:';
  const socket = isTls ? await connectPublic(url, trust) : undefined;
  const options: RequestOptions = {
    // With an agent, even a fresh one, node would open a connection of its own.
    ...(socket ? { createConnection: () => socket } : { agent: false }),
    method: 'POST',
    timeout: ANSWER_TIMEOUT_MS,
    headers: {
      'content-type': 'application/proto',
      'connect-protocol-version': '1',
      'content-length': body.byteLength,
    },
  };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(unreachable(url.host, messageOf(error), error));
    const call = (isTls ? requestHttps : requestHttp)(new URL(path, url), options, (response) => {
      const status = response.statusCode ?? 0;
      readAll(response)
        .then((bytes) => resolve({ status, bytes }), fail)
        .finally(() => socket?.destroy());
    });
    call.once('timeout', () => call.destroy(new Error('no answer in time')));
    call.once('error', fail);
    call.end(body);
  });
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MOST_ANSWER_BYTES) throw new Error('the answer is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

interface ConnectError {
  readonly code?: string;
  readonly message?: string;
  readonly details?: readonly { readonly type?: string; readonly value?: string }[];
}

/** The error of a Connect unary call is JSON; ours carry an ErrorInfo. What is none came from something between. */
function refusal(url: URL, status: number, bytes: Buffer): AppError {
  const { message, details = [] } = parse(bytes);
  const detail = details.find(({ type }) => type === ErrorInfoSchema.typeName);
  const info = detail?.value ? fromBinary(ErrorInfoSchema, Buffer.from(detail.value, 'base64')) : undefined;
  return new AppError(
    info?.reason ?? ErrorReason.UNAVAILABLE,
    message ?? `The control plane at ${url.host} answered ${status}.`,
    { retryAfterSeconds: info?.retryAfterSeconds ?? 0 },
  );
}

function parse(bytes: Buffer): ConnectError {
  try {
    return JSON.parse(bytes.toString('utf8')) as ConnectError;
  } catch {
    return {};
  }
}
