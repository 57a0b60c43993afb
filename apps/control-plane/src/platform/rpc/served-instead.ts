import type { UniversalHandler, UniversalHandlerFn } from '@connectrpc/connect/protocol';

/** The same method at the same place, served by something that stands before its handler. */
export function servedInstead(handler: UniversalHandler, serve: UniversalHandlerFn): UniversalHandler {
  const { service, method, requestPath, protocolNames, supportedContentType, allowedMethods } = handler;
  return Object.assign(serve, {
    service,
    method,
    requestPath,
    protocolNames,
    supportedContentType,
    allowedMethods,
  });
}
