import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import { base64Decode } from '@bufbuild/protobuf/wire';
import { Code, ConnectError, type Transport, type UnaryResponse } from '@connectrpc/connect';

/** The calls of one request and one answer. */
export type UnaryTransport = Pick<Transport, 'unary'>;

/**
 * Unary calls of the Connect protocol, in binary and nothing else: what a page needs before it shows anything,
 * in a tenth of the size of the library's transport, which also speaks JSON, gRPC-Web and streams.
 *
 * See https://connectrpc.com/docs/protocol, "Unary-Request" and "Error end-stream".
 */
export function fetchTransport(
  baseUrl: string,
  fetch: (request: Request) => Promise<Response> = (request) => globalThis.fetch(request),
): UnaryTransport {
  return {
    async unary<I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      ...[signal, timeoutMs, header, input]: UnaryArguments<I>
    ): Promise<UnaryResponse<I, O>> {
      const request = new Request(`${baseUrl}/${method.parent.typeName}/${method.name}`, {
        method: 'POST',
        headers: headersOf(header, timeoutMs),
        body: new Uint8Array(toBinary(method.input, create(method.input, input))),
        signal: signalOf(signal, timeoutMs),
      });
      const answer = await fetch(request).catch((error: unknown) => {
        throw ConnectError.from(error);
      });
      const type = answer.headers.get('content-type') ?? '';
      if (!answer.ok || type !== 'application/proto') throw await errorOf(answer, type);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return {
        stream: false,
        service: method.parent,
        method,
        header: answer.headers,
        trailer: new Headers(),
        message: fromBinary(method.output, bytes),
      };
    },
  };
}

type UnaryArguments<I extends DescMessage> = [
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
  header: ConstructorParameters<typeof Headers>[0],
  input: MessageInitShape<I>,
];

function headersOf(header: ConstructorParameters<typeof Headers>[0], timeoutMs: number | undefined): Headers {
  const headers = new Headers(header);
  headers.set('content-type', 'application/proto');
  headers.set('connect-protocol-version', '1');
  if (timeoutMs !== undefined) headers.set('connect-timeout-ms', String(Math.ceil(timeoutMs)));
  return headers;
}

function signalOf(signal: AbortSignal | undefined, timeoutMs: number | undefined): AbortSignal | null {
  const signals = signal ? [signal] : [];
  if (timeoutMs !== undefined) signals.push(AbortSignal.timeout(timeoutMs));
  return signals.length > 0 ? AbortSignal.any(signals) : null;
}

interface WireError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

/** What is no error of the protocol was said by something on the way: a proxy, a page of an error. */
async function errorOf(answer: Response, type: string): Promise<ConnectError> {
  const said: WireError = type.startsWith('application/json')
    ? ((await answer.json().catch(() => ({}))) as WireError)
    : {};
  const code = codeOf(said.code) ?? codeOfStatus(answer.status);
  const text = typeof said.message === 'string' ? said.message : `HTTP ${answer.status}`;
  const error = new ConnectError(text, code, answer.headers);
  error.details = (said.details ?? []).map((detail) => ({
    type: detail.type,
    value: base64Decode(detail.value),
  }));
  return error;
}

/** `permission_denied` is Code.PermissionDenied. */
function codeOf(name: unknown): Code | undefined {
  if (typeof name !== 'string') return undefined;
  const wanted = name.replaceAll('_', '');
  const found = Object.entries(Code).find(([key]) => key.toLowerCase() === wanted);
  return typeof found?.[1] === 'number' ? found[1] : undefined;
}

function codeOfStatus(status: number): Code {
  if (status === 401) return Code.Unauthenticated;
  if (status === 403) return Code.PermissionDenied;
  if (status === 404) return Code.Unimplemented;
  return status === 429 || status >= 502 ? Code.Unavailable : Code.Unknown;
}
