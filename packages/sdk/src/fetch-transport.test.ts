import { Code, ConnectError, createClient, createConnectRouter } from '@connectrpc/connect';
import { createFetchHandler } from '@connectrpc/connect/protocol';
import { ErrorInfoSchema, ErrorReason, IdentityService, LiveService } from '@ostler/contracts';
import { describe, expect, it } from 'vitest';

import { explainError } from './explain-error';
import { fetchTransport } from './fetch-transport';

const router = createConnectRouter().service(LiveService, {
  getInfo: (_request, { requestHeader, responseHeader, timeoutMs }) => {
    responseHeader.set('x-answer', 'yes');
    return { version: `${requestHeader.get('x-ask')} ${timeoutMs() !== undefined}` };
  },
});
const denied = createConnectRouter().service(IdentityService, {
  whoAmI: () => {
    throw new ConnectError(
      'You may not do this – ask an owner.',
      Code.PermissionDenied,
      { 'retry-after': '7' },
      [
        {
          desc: ErrorInfoSchema,
          value: {
            reason: ErrorReason.DENIED,
            violations: [{ field: 'a.b', reason: 'X', message: 'is wrong' }],
          },
        },
      ],
    );
  },
});

/** Answers as the handlers of the library do over HTTP. */
function transport() {
  const handlers = new Map(
    [...router.handlers, ...denied.handlers].map((handler) => [
      handler.requestPath,
      createFetchHandler(handler),
    ]),
  );
  return fetchTransport('http://ostler', (request) => handlers.get(new URL(request.url).pathname)!(request));
}

const withStreams = (unary: ReturnType<typeof fetchTransport>) => ({
  ...unary,
  stream: () => Promise.reject(new Error('no streams here')),
});
const answering = (body: string, init: ResponseInit) =>
  createClient(
    LiveService,
    withStreams(fetchTransport('http://ostler', () => Promise.resolve(new Response(body, init)))),
  ).getInfo({});

describe('unary calls by fetch', () => {
  it('carry headers and a time limit there, and a message and headers back', async () => {
    const client = createClient(LiveService, withStreams(transport()));
    let told: string | null = null;
    const answer = await client.getInfo(
      {},
      {
        headers: { 'x-ask': 'why' },
        timeoutMs: 5_000,
        onHeader: (header) => (told = header.get('x-answer')),
      },
    );
    expect([answer.version, told]).toEqual(['why true', 'yes']);
  });

  it('throw what the control plane said, with its reason and its fields', async () => {
    const error: unknown = await createClient(IdentityService, withStreams(transport()))
      .whoAmI({})
      .catch((thrown: unknown) => thrown);
    expect(explainError(error)).toMatchObject({
      reason: ErrorReason.DENIED,
      message: 'You may not do this – ask an owner.',
      violations: [{ field: 'a.b', reason: 'X', message: 'is wrong' }],
    });
    expect((error as ConnectError).metadata.get('retry-after')).toBe('7');
  });

  it.each([
    ['a page of a proxy', '<h1>Bad gateway</h1>', 502, ErrorReason.UNAVAILABLE],
    ['a page that says that all is well', '<h1>Sign in to this network</h1>', 200, ErrorReason.INTERNAL],
    ['JSON that is none', '{', 503, ErrorReason.UNAVAILABLE],
    ['nothing', '', 401, ErrorReason.UNAUTHENTICATED],
  ])('take %s for what it is', async (_, body, status, reason) => {
    const type = body === '{' ? 'application/json' : 'text/html';
    const error: unknown = await answering(body, { status, headers: { 'content-type': type } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(explainError(error).reason).toBe(reason);
  });

  it('say that nobody answered, and that the caller called it off', async () => {
    const failing = (failure: Error) =>
      createClient(LiveService, withStreams(fetchTransport('http://ostler', () => Promise.reject(failure))))
        .getInfo({})
        .catch((thrown: unknown) => explainError(thrown).reason);
    expect(await failing(new TypeError('fetch failed'))).toBe(ErrorReason.UNAVAILABLE);
    expect(await failing(new DOMException('gone', 'AbortError'))).toBe(ErrorReason.CANCELLED);
  });
});
