import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import {
  ErrorInfoSchema,
  ErrorReason,
  Kind,
  ResourceService,
  WatchResponse_Type as Type,
} from '@ostler/contracts';
import { explainError, type Ostler } from '@ostler/sdk';
import { afterEach, expect, test } from 'vitest';
import { Connection } from './connection';
import { lazyOstler } from './lazy-ostler';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(answer: Parameters<typeof createServer>[1], token = 'ost_api_x'): Promise<Ostler> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return lazyOstler(new Connection(`http://127.0.0.1:${port}/`, token));
}

const serving = (routes: (router: ConnectRouter) => void): Promise<Ostler> =>
  listen(connectNodeAdapter({ routes }));

const get = { kind: Kind.SITE, name: 'shop' };
const reasonOf = async (call: Promise<unknown>): Promise<ErrorReason | undefined> =>
  explainError(await call.catch((error: unknown) => error)).reason;

test('a call carries the token and gets its answer, whatever size and letters it has', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const displayName = 'ä'.repeat(300_000);
  const ostler = await serving((router) =>
    router.service(ResourceService, {
      get: ({ name }, { requestHeader }) => {
        seen.push(Object.fromEntries(requestHeader));
        return { resource: { meta: { name, displayName } } };
      },
    }),
  );
  const { resource } = await ostler.resources.get(get);
  expect(resource?.meta).toMatchObject({ name: 'shop', displayName });
  expect(seen[0]).toMatchObject({ authorization: 'Bearer ost_api_x', 'connect-protocol-version': '1' });
});

test('a refusal keeps its reason, its fields and its hints', async () => {
  const info = {
    reason: ErrorReason.THROTTLED,
    retryAfterSeconds: 3,
    violations: [{ field: 'name', reason: 'TAKEN', message: 'choose another' }],
  };
  const ostler = await serving((router) =>
    router.service(ResourceService, {
      get: () => {
        const detail = { desc: ErrorInfoSchema, value: info };
        throw new ConnectError('Too many calls ✋', Code.ResourceExhausted, undefined, [detail]);
      },
    }),
  );
  const explained = explainError(await ostler.resources.get(get).catch((error: unknown) => error));
  expect(explained).toMatchObject({ ...info, message: 'Too many calls ✋' });
});

test('a stream comes message by message', async () => {
  const ostler = await serving((router) =>
    router.service(ResourceService, {
      async *watch() {
        yield { type: Type.BOOKMARK, resourceVersion: 1n };
        yield { type: Type.BOOKMARK, resourceVersion: 2n };
      },
    }),
  );
  const versions: bigint[] = [];
  for await (const { resourceVersion } of ostler.resources.watch({})) versions.push(resourceVersion);
  expect(versions).toEqual([1n, 2n]);
});

test('nobody there, or one who hangs up in the middle, is a control plane that is not available', async () => {
  const nobody = lazyOstler(new Connection('http://127.0.0.1:1', undefined));
  expect(await reasonOf(nobody.resources.get(get))).toBe(ErrorReason.UNAVAILABLE);
  const rude = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/proto', 'content-length': '100' });
    response.write('x', () => response.destroy());
  });
  expect(await reasonOf(rude.resources.get(get))).toBe(ErrorReason.UNAVAILABLE);
});

test('a page of something else is no answer', async () => {
  const proxy = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in to the network</h1>');
  });
  await expect(proxy.resources.get(get)).rejects.toThrow(ConnectError);
  const broken = await listen((_request, response) => response.writeHead(502).end('Bad Gateway'));
  expect(await reasonOf(broken.resources.get(get))).toBe(ErrorReason.UNAVAILABLE);
});

test('a call that is called off ends at once', async () => {
  const silent = await listen(() => undefined);
  const call = silent.resources.get(get, { signal: AbortSignal.timeout(50) });
  expect(await reasonOf(call)).toBe(ErrorReason.CANCELLED);
});
