import {
  create,
  type DescMethod,
  type DescMethodStreaming,
  fromBinary,
  type Message,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import {
  createContextValues,
  createHandlerContext,
  type HandlerContext,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
} from '@connectrpc/connect';
import { createAsyncIterable } from '@connectrpc/connect/protocol';
import { Injectable } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import type { Caller } from './call';
import { encoded } from './encoded';
import { toConnectError } from './map-error';
import { passageKey } from './passage';
import { type Peer, peerKey } from './peer';
import { Authenticator } from './ports';
import { RpcHandler } from './rpc-handler';
import { type RegisteredService, RpcRegistry } from './rpc-registry';

/** What came with the connection that carries the streams: who calls is read from it anew for each. */
export interface StreamOrigin extends Peer {
  readonly header: Headers;
}

type Handler = (request: Message, context: HandlerContext) => AsyncIterable<MessageInitShape<never>>;
type AnyFn = ReturnType<Interceptor>;

/**
 * Server streams of the API that come in over a connection that carries many, in place of an HTTP request for
 * each: through the same chain, with the credentials that the connection came with.
 */
@Injectable()
export class StreamCalls {
  private chain: Interceptor[] | undefined;

  constructor(
    private readonly registry: RpcRegistry,
    private readonly rpc: RpcHandler,
    private readonly authenticator: Authenticator,
  ) {}

  /** Who stands behind the connection now. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED */
  async caller({ header, secure }: StreamOrigin): Promise<Caller> {
    const caller = await this.authenticator.authenticate({ header, secure });
    if (!caller) throw new AppError(ErrorReason.UNAUTHENTICATED, 'Sign in, or send an API token.');
    return caller;
  }

  /**
   * The answers of a server stream of a method like `ostler.api.v1.LiveService/Watch`; all in binary.
   *
   * @throws ConnectError, when it is read, as it would come over HTTP.
   */
  async *open(
    name: string,
    request: Uint8Array,
    origin: StreamOrigin,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const found = this.find(name);
    if (!found) throw toConnectError(notAStream(name));
    const { method, handler } = found;
    const context = contextOf(method, origin, signal);
    const message = decoded(method, request, context);
    this.chain ??= this.rpc.chain();
    const answer: AnyFn = (asked) => Promise.resolve(answerOf(asked as StreamRequest, handler, context));
    const response = await this.chain.reduceRight<AnyFn>(
      (next, one) => one(next),
      answer,
    )(requestOf(message, context));
    for await (const one of (response as StreamResponse).message) yield encoded(method.output, one);
  }

  private find(
    name: string,
  ): { readonly method: DescMethodStreaming; readonly handler: Handler } | undefined {
    const [typeName, methodName] = name.split('/', 2);
    const has = ({ service }: RegisteredService): boolean => service.typeName === typeName;
    const registered = this.registry.services.find(has);
    const method = registered?.service.methods.find((one) => one.name === methodName);
    if (!registered || method?.methodKind !== 'server_streaming') return undefined;
    const handler = Reflect.get(registered.implementation, method.localName) as Handler;
    return { method: method as DescMethodStreaming, handler };
  }
}

function contextOf(
  method: DescMethodStreaming,
  { header, ...peer }: StreamOrigin,
  signal: AbortSignal,
): HandlerContext {
  return createHandlerContext({
    service: method.parent,
    method,
    protocolName: 'socket',
    requestMethod: 'POST',
    url: `https://socket/${method.parent.typeName}/${method.name}`,
    requestSignal: signal,
    requestHeader: header,
    contextValues: createContextValues()
      .set(peerKey, peer)
      .set(passageKey, { hasEntered: false, refusal: undefined }),
  });
}

/** What is no message is refused by the chain, once it knows who sent it. */
function decoded({ input }: DescMethod, bytes: Uint8Array, { values }: HandlerContext): Message {
  try {
    return fromBinary(input, bytes);
  } catch {
    const problem = `does not decode as ${input.typeName}`;
    values.get(passageKey).refusal = AppError.invalid('', 'NOT_A_MESSAGE', problem);
    return create(input);
  }
}

function requestOf(message: Message, context: HandlerContext): StreamRequest {
  const { method, signal, requestHeader, requestMethod, url, values } = context;
  return {
    stream: true,
    service: method.parent,
    method: method as DescMethodStreaming,
    requestMethod,
    url,
    signal,
    header: requestHeader,
    contextValues: values,
    message: createAsyncIterable([message]),
  };
}

function answerOf(asked: StreamRequest, handler: Handler, context: HandlerContext): StreamResponse {
  return {
    stream: true,
    service: asked.service,
    method: asked.method,
    header: context.responseHeader,
    trailer: context.responseTrailer,
    message: answers(asked, handler, context),
  };
}

async function* answers({ message, method }: StreamRequest, handler: Handler, context: HandlerContext) {
  // One request, as the library makes sure of for what comes over HTTP.
  for await (const request of message) {
    for await (const response of handler(request, context)) yield create(method.output, response);
  }
}

function notAStream(name: string): AppError {
  return new AppError(ErrorReason.NOT_FOUND, `${name.slice(0, 200)} is no server stream of this API.`);
}
