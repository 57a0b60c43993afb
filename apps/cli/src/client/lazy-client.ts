import type { DescService } from '@bufbuild/protobuf';
import type { Client, Transport } from '@connectrpc/connect';

type Method = (...args: unknown[]) => unknown;

/**
 * A client that loads its service with its first call: reading the descriptors of every service takes longer than
 * most commands do in all. `streams` names the methods that answer with a stream, as that shows before the load.
 */
export function lazyClient<S extends DescService>(
  load: () => Promise<S>,
  transport: () => Promise<Transport>,
  streams: readonly string[] = [],
): Client<S> {
  let client: Promise<Record<string, Method>> | undefined;
  const methodOf = async (name: string): Promise<Method> => {
    client ??= open(load, transport);
    return (await client)[name]!;
  };
  const call = (name: string): Method =>
    streams.includes(name)
      ? async function* (...args) {
          yield* (await methodOf(name))(...args) as AsyncIterable<unknown>;
        }
      : async (...args) => (await methodOf(name))(...args);
  // Not a method: a client is no promise, though it may be the result of one.
  return new Proxy(
    {},
    { get: (_none, name) => (name === 'then' ? undefined : call(String(name))) },
  ) as Client<S>;
}

async function open<S extends DescService>(
  load: () => Promise<S>,
  transport: () => Promise<Transport>,
): Promise<Record<string, Method>> {
  const [{ createClient }, service, over] = await Promise.all([
    import('@connectrpc/connect'),
    load(),
    transport(),
  ]);
  return createClient(service, over) as unknown as Record<string, Method>;
}
