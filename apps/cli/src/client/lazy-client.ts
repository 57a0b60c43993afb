import type { DescMethodUnary, DescService } from '@bufbuild/protobuf';
import type { CallOptions, Client } from '@connectrpc/connect';
import type { Connection } from './connection';

type Request = Parameters<Connection['call']>[1];
type Load<S extends DescService> = () => Promise<S>;

/**
 * A client that loads its service with its first call: reading the descriptors of every service takes longer than
 * most commands do in all. `streams` names the methods that answer with a stream, as that shows before the load.
 */
export function lazyClient<S extends DescService>(
  load: Load<S>,
  connection: Connection,
  streams: readonly string[] = [],
): Client<S> {
  const methodOf = (name: string): unknown =>
    streams.includes(name) ? streaming(load, connection, name) : unary(load, connection, name);
  // Not a method: a client is no promise, though it may be the result of one.
  const get = (_none: object, name: string | symbol): unknown =>
    typeof name === 'symbol' || name === 'then' ? undefined : methodOf(name);
  return new Proxy({}, { get }) as Client<S>;
}

function unary<S extends DescService>(load: Load<S>, connection: Connection, name: string) {
  return async (request: Request, options?: CallOptions) => {
    const method = (await load()).method[name] as DescMethodUnary;
    return connection.call(method, request, options?.signal);
  };
}

type Streams = Record<string, (request: Request, options?: CallOptions) => AsyncIterable<unknown>>;

function streaming<S extends DescService>(load: Load<S>, connection: Connection, name: string) {
  return async function* (request: Request, options?: CallOptions): AsyncGenerator<unknown> {
    const [{ createClient }, service, transport] = await Promise.all([
      import('@connectrpc/connect'),
      load(),
      connection.transport(),
    ]);
    yield* (createClient(service, transport) as unknown as Streams)[name]!(request, options);
  };
}
