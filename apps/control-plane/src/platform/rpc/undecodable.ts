import type { DescMethod } from '@bufbuild/protobuf';
import {
  createAsyncIterable,
  type UniversalHandler,
  type UniversalServerRequest,
  type UniversalServerResponse,
} from '@connectrpc/connect/protocol';
import { ErrorReason } from '@ostler/contracts';
import { AppError, type Violation } from '@ostler/kernel';

import { problemsInJson } from './json-problems';
import { type Passage, passageKey } from './passage';
import { servedInstead } from './served-instead';

/** A larger text is refused without a search for the field. */
const mostTextBytes = 1024 * 1024;
/** Answers below the protocols: a wrong HTTP method or content type. */
const notOfACall: ReadonlySet<number> = new Set([405, 415, 505]);

/**
 * The library refuses a body that is no message before any interceptor has run: without our reason, without
 * a caller, unseen by audit and metrics, and in binary as an "internal" error. So such a request is played
 * again without its body: the chain finds out who calls and then refuses it, in the words of the contract.
 */
export function refuseUndecodable(handler: UniversalHandler): UniversalHandler {
  const serve = async (request: UniversalServerRequest): Promise<UniversalServerResponse> => {
    const passage: Passage = { hasEntered: false, refusal: undefined };
    request.contextValues?.set(passageKey, passage);
    const kept = keepText(request);
    const response = await handler({ ...request, body: kept.body });
    if (passage.hasEntered || notOfACall.has(response.status)) return response;
    passage.refusal ??= await refusalOf(handler.method, response, kept.text());
    return handler(withoutBody(request));
  };
  return servedInstead(handler, serve);
}

/** Keeps what passes of a JSON body, because the error of the decoder does not say where the field is. */
function keepText({ header, body }: UniversalServerRequest) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const isText = /^application\/json\b/i.test(header.get('content-type') ?? '');
  if (!isText || header.has('content-encoding') || !isBytes(body)) return { body, text: () => undefined };
  const passing = async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      size += chunk.byteLength;
      if (size <= mostTextBytes) chunks.push(chunk);
      else chunks.length = 0;
      yield chunk;
    }
  };
  const text = () => (size > mostTextBytes ? undefined : Buffer.concat(chunks).toString('utf8'));
  return { body: passing(body), text };
}

function isBytes(body: UniversalServerRequest['body']): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

async function refusalOf(
  { input }: DescMethod,
  response: UniversalServerResponse,
  text: string | undefined,
): Promise<AppError> {
  if ((await codeOf(response)) === 'resource_exhausted') {
    return new AppError(
      ErrorReason.LIMIT_EXCEEDED,
      'The request has more than 16 MiB. Split it into several calls.',
    );
  }
  const found = text === undefined ? [] : problemsInJson(input, text);
  const violations = found.length > 0 ? found : [noMessage(input.typeName)];
  const [{ field, message }] = violations as [Violation];
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  const where = field === '' ? 'The body' : field;
  return new AppError(ErrorReason.INVALID, `${where} ${message}${more}. Nothing was changed.`, {
    violations,
  });
}

function noMessage(typeName: string): Violation {
  const message = `does not decode as ${typeName}; check its content type and that client and control plane have the same contract`;
  return { field: '', reason: 'NOT_A_MESSAGE', message };
}

/** What the library said, by the protocol in which it said it. */
async function codeOf({ trailer, body, status }: UniversalServerResponse): Promise<string> {
  if (trailer?.get('grpc-status') === '8' || status === 429) return 'resource_exhausted';
  if (status === 200 || !body) return '';
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return /"code":"([a-z_]+)"/.exec(Buffer.concat(chunks).toString('utf8'))?.[1] ?? '';
}

/** Headers that tell of the body, or that may themselves be what could not be read. */
const ofTheBody = [
  'content-length', 'content-encoding', 'connect-content-encoding', 'grpc-encoding', 'connect-timeout-ms', 'grpc-timeout',
]; // prettier-ignore

/** The same request with an empty message, in the protocol and the codec that it came in. */
function withoutBody(request: UniversalServerRequest): UniversalServerRequest {
  const header = new Headers(request.header);
  for (const name of ofTheBody) header.delete(name);
  const type = header.get('content-type') ?? '';
  const message = /json/i.test(type) ? Buffer.from('{}') : Buffer.alloc(0);
  const isEnveloped = /^application\/(grpc|connect\+)/i.test(type);
  return { ...request, header, body: createAsyncIterable([isEnveloped ? enveloped(message) : message]) };
}

/** One flag byte, four of length (gRPC over HTTP/2, "Length-Prefixed-Message"; Connect has the same). */
function enveloped(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}
