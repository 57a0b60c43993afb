import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ErrorReason,
  type JoinRequest,
  JoinRequestSchema,
  type JoinResponse,
  JoinResponseSchema,
} from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';
import type { JoinRecord } from './identity-folder';
import { pinnedRoot } from './pinned-connection';

const PATH = '/ostler.link.v1.JoinService/Join';
const ANSWER_TIMEOUT_MS = 30_000;
const MOST_ANSWER_BYTES = 256 * 1024;

/**
 * One unary call of the Connect protocol, with what Node has: an agent that has joined keeps no client of
 * it in memory.
 *
 * @throws AppError with the control plane's own words when it refuses.
 */
export async function callJoin(
  { controlUrl, token, caPin }: JoinRecord,
  message: Partial<Omit<JoinRequest, '$typeName' | 'token'>>,
): Promise<JoinResponse> {
  const url = checkUrl(controlUrl);
  const trust = url.protocol === 'https:' && caPin ? await pinnedTrust(url, caPin) : {};
  const body = toBinary(JoinRequestSchema, create(JoinRequestSchema, { ...message, token }));
  const { status, bytes } = await post(url, trust, body);
  if (status !== 200) throw refusal(url, status, bytes);
  return fromBinary(JoinResponseSchema, bytes);
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

async function pinnedTrust(url: URL, caPin: string): Promise<RequestOptions> {
  return { ca: await pinnedRoot(url, caPin), checkServerIdentity: () => undefined };
}

function post(url: URL, trust: RequestOptions, body: Uint8Array): Promise<{ status: number; bytes: Buffer }> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const options: RequestOptions = {
    ...trust,
    method: 'POST',
    agent: false,
    timeout: ANSWER_TIMEOUT_MS,
    headers: {
      'content-type': 'application/proto',
      'connect-protocol-version': '1',
      'content-length': body.byteLength,
    },
  };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const message = `The control plane at ${url.host} cannot be reached: ${messageOf(error)}.`;
      reject(new AppError(ErrorReason.UNAVAILABLE, message, { cause: error }));
    };
    const call = request(new URL(PATH, url), options, (response) => {
      readAll(response).then((bytes) => resolve({ status: response.statusCode ?? 0, bytes }), fail);
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

/** The error of a Connect unary call is JSON: {code, message}. */
function refusal(url: URL, status: number, bytes: Buffer): AppError {
  const said = parse(bytes);
  const reason = said.code === 'unauthenticated' ? ErrorReason.UNAUTHENTICATED : ErrorReason.UNAVAILABLE;
  return new AppError(reason, said.message ?? `The control plane at ${url.host} answered ${status}.`);
}

function parse(bytes: Buffer): { code?: string; message?: string } {
  try {
    return JSON.parse(bytes.toString('utf8')) as { code?: string; message?: string };
  } catch {
    return {};
  }
}
