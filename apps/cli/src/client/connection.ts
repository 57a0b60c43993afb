import {
  create,
  type DescMethodUnary,
  fromBinary,
  type Message,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import { VERSION } from '../version';
import { type Posted, post } from './post';

/**
 * The way to a control plane. A call with one answer is made here in the Connect protocol, because loading Connect
 * and fetch takes longer than most commands do in all; streams, and answers that are no success, are left to Connect.
 */
export class Connection {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string | undefined,
  ) {}

  async call(
    method: DescMethodUnary,
    input: MessageInitShape<DescMethodUnary['input']>,
    signal?: AbortSignal,
  ): Promise<Message> {
    const url = new URL(`${this.baseUrl.replace(/\/+$/, '')}/${method.parent.typeName}/${method.name}`);
    const answer = await post(
      url,
      this.headers(),
      toBinary(method.input, create(method.input, input)),
      signal,
    );
    const isMessage = answer.status === 200 && answer.headers['content-type'] === 'application/proto';
    return isMessage ? fromBinary(method.output, answer.body) : readFailure(method, answer);
  }

  async transport(): Promise<Transport> {
    const { ostlerTransport } = await import('./transport');
    const { baseUrl, token } = this;
    return ostlerTransport({ baseUrl, token, userAgent: userAgent() });
  }

  private headers(): Record<string, string> {
    return {
      'content-type': 'application/proto',
      'connect-protocol-version': '1',
      'user-agent': userAgent(),
      ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
    };
  }
}

function userAgent(): string {
  return `ostler-cli/${VERSION}`;
}

/** Connect reads the answer as if it had come to itself. @throws ConnectError */
async function readFailure(method: DescMethodUnary, { status, headers, body }: Posted): Promise<Message> {
  const { ostlerTransport } = await import('./transport');
  const said = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  const fetch = (): Promise<Response> => Promise.resolve(new Response(body, { status, headers: said }));
  const transport = ostlerTransport({ baseUrl: 'http://localhost', fetch });
  return (await transport.unary(method, undefined, undefined, undefined, {})).message;
}
