import { type DescMethodServerStreaming, type DescService, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { createAsyncIterable } from '@connectrpc/connect/protocol';

import type { StreamLink } from './stream-link';

/** The server streams of the services, each as a call of its own over the transport. */
export function linkOver(transport: Transport, services: readonly DescService[]): StreamLink {
  const methods = new Map<string, DescMethodServerStreaming>();
  for (const service of services) {
    for (const method of service.methods) {
      if (method.methodKind !== 'server_streaming') continue;
      methods.set(`${service.typeName}/${method.name}`, method as DescMethodServerStreaming);
    }
  }
  return {
    async *open(name, request, signal) {
      const method = methods.get(name);
      if (!method) throw new ConnectError(`${name} is no stream that goes this way.`, Code.Unimplemented);
      yield* callOver(transport, method, request, signal);
    },
  };
}

async function* callOver(
  transport: Transport,
  method: DescMethodServerStreaming,
  request: Uint8Array,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const input = createAsyncIterable([fromBinary(method.input, request)]);
  const { message } = await transport.stream(method, signal, undefined, undefined, input);
  for await (const one of message) yield toBinary(method.output, one);
}
