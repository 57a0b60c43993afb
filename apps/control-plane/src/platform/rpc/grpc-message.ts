import type { UniversalHandler, UniversalServerRequest } from '@connectrpc/connect/protocol';

import { servedInstead } from './served-instead';

const messageTrailer = 'grpc-message';
/** Printable ASCII but the percent sign; everything else is escaped byte by byte. */
const notPlain = /[^\x20-\x24\x26-\x7e]+/gu;

/**
 * The library escapes a status message as a part of an address, colons and commas too. gRPC asks for less ("Responses",
 * Status-Message in its description of the protocol over HTTP/2), and grpc-js does not unescape what nobody has to
 * escape: its callers would read `You may not do this%3A`.
 */
export function plainGrpcMessages(handler: UniversalHandler): UniversalHandler {
  const serve = async (request: UniversalServerRequest) => {
    const response = await handler(request);
    const { trailer, body } = response;
    if (!trailer || !body) return response;
    respell(trailer);
    return { ...response, body: thenRespelt(body, trailer) };
  };
  return servedInstead(handler, serve);
}

/** The status is known when the last message has been read. */
async function* thenRespelt(body: AsyncIterable<Uint8Array>, trailer: Headers): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    respell(trailer);
  }
}

function respell(trailer: Headers): void {
  const message = trailer.get(messageTrailer);
  if (message !== null) trailer.set(messageTrailer, grpcMessage(decodeURIComponent(message)));
}

export const grpcMessage = (text: string): string => text.replaceAll(notPlain, encodeURIComponent);
