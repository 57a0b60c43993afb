import {
  type DescMessage,
  type DescMethodStreaming,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  create,
  toBinary,
} from '@bufbuild/protobuf';
import { Code, ConnectError, type StreamResponse, type Transport } from '@connectrpc/connect';

import type { UnaryTransport } from '../fetch-transport';

/** Server streams that share one connection. */
export interface StreamLink {
  /**
   * The messages of a stream, in binary, until it ends.
   *
   * @param method like `ostler.api.v1.LiveService/Watch`
   * @throws ConnectError as the same call over HTTP would
   */
  open(method: string, request: Uint8Array, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

const received = new WeakMap<object, Uint8Array>();

/** The bytes that a message came in over a link; undefined for any other message. */
export function receivedBytes(message: object): Uint8Array | undefined {
  return received.get(message);
}

/** A transport whose server streams go over the link; every other call goes the way it went. */
export function streamsOver(link: StreamLink, base: UnaryTransport): Transport {
  return {
    unary: base.unary.bind(base),
    async stream<I extends DescMessage, O extends DescMessage>(
      method: DescMethodStreaming<I, O>,
      ...[signal, , , input]: StreamArguments<I>
    ): Promise<StreamResponse<I, O>> {
      const request = toBinary(method.input, create(method.input, await onlyOne(input)));
      const name = `${method.parent.typeName}/${method.name}`;
      const bytes = link.open(name, request, signal ?? new AbortController().signal);
      return {
        stream: true,
        service: method.parent,
        method,
        header: new Headers(),
        trailer: new Headers(),
        message: decoded(method.output, bytes),
      };
    },
  };
}

type StreamArguments<I extends DescMessage> = [
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
  header: ConstructorParameters<typeof Headers>[0],
  input: AsyncIterable<MessageInitShape<I>>,
];

async function* decoded<O extends DescMessage>(
  schema: O,
  messages: AsyncIterable<Uint8Array>,
): AsyncGenerator<MessageShape<O>> {
  for await (const bytes of messages) {
    const message = fromBinary(schema, bytes);
    received.set(message, bytes);
    yield message;
  }
}

async function onlyOne<T>(input: AsyncIterable<T>): Promise<T> {
  for await (const one of input) return one;
  throw new ConnectError('A server stream begins with a request.', Code.InvalidArgument);
}
