import { create } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, type SocketResponse_End, SocketResponse_EndSchema } from '@ostler/contracts';

/** How a stream ended, as an error over HTTP would tell it; without an error, well. */
export function streamEnd(stream: number, error?: unknown): SocketResponse_End {
  if (error === undefined) return create(SocketResponse_EndSchema, { stream });
  const known = ConnectError.from(error);
  return create(SocketResponse_EndSchema, {
    stream,
    code: known.code,
    message: known.rawMessage,
    error: known.findDetails(ErrorInfoSchema)[0],
    requestId: known.metadata.get('x-request-id') ?? '',
  });
}
