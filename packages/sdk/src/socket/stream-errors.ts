import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, ErrorReason, type SocketResponse_End } from '@ostler/contracts';

/** How a stream ended, as it is told on. */
export type StreamEnd = Pick<SocketResponse_End, 'stream' | 'code' | 'message' | 'error' | 'requestId'>;

/** An error as the same call over HTTP throws it. */
export function errorOf({ code, message, error, requestId }: StreamEnd): ConnectError {
  const metadata: Record<string, string> = requestId === '' ? {} : { 'x-request-id': requestId };
  const details = error ? [{ desc: ErrorInfoSchema, value: error }] : [];
  return new ConnectError(message, code, metadata, details);
}

/** The other way round; without an error, an end that is well. */
export function endOf(stream: number, error?: unknown): StreamEnd {
  if (error === undefined) return { stream, code: 0, message: '', requestId: '' };
  const known = ConnectError.from(error);
  return {
    stream,
    code: known.code,
    message: known.rawMessage,
    error: known.findDetails(ErrorInfoSchema)[0],
    requestId: known.metadata.get('x-request-id') ?? '',
  };
}

/** The error of a connection that is gone; the same call may succeed over the next one. */
export function cut(message: string): ConnectError {
  const info = { desc: ErrorInfoSchema, value: { reason: ErrorReason.UNAVAILABLE, retryAfterSeconds: 1 } };
  return new ConnectError(message, Code.Unavailable, undefined, [info]);
}
