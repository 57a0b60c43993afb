// Puts a site live over plain gRPC, and waits until its server serves it. No generated code: the contract is read as
// it is, by the library that grpc-js brings along.
//   OSTLER_URL=http://localhost:8080 OSTLER_TOKEN=ost_api_... node hello-site.ts SERVER DOMAIN
// Over https with the control plane's own certificate, OSTLER_CA names a file with its root.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  type CallOptions,
  type ChannelCredentials,
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const name = 'hello-from-typescript';
const protoFolder = process.env['PROTO'] ?? join(import.meta.dirname, '../../proto');

interface Resource {
  readonly meta: { readonly generation: string };
  readonly status: {
    readonly conditions: readonly {
      readonly type: string;
      readonly status: string;
      readonly observedGeneration: string;
    }[];
  } | null;
}

/** What this program uses of the service. */
interface ResourceClient {
  Apply(
    request: object,
    metadata: Metadata,
    options: CallOptions,
    done: (
      error: ServiceError | null,
      answer: { readonly results: readonly [{ readonly resource: Resource }] },
    ) => void,
  ): void;
  Watch(
    request: object,
    metadata: Metadata,
    options: CallOptions,
  ): ClientReadableStream<{ readonly resource: Resource | null }>;
  close(): void;
}

function resourceService(url: URL): ResourceClient {
  const options = { includeDirs: [protoFolder], longs: String, enums: String, defaults: true };
  const definition = loadPackageDefinition(loadSync('ostler/api/v1/resource.proto', options));
  const services = ['ostler', 'api', 'v1'].reduce((found, part) => found[part] as GrpcObject, definition);
  const ResourceService = services['ResourceService'] as ServiceClientConstructor;
  return new ResourceService(url.host, trust(url)) as unknown as ResourceClient;
}

function trust(url: URL): ChannelCredentials {
  if (url.protocol === 'http:') return credentials.createInsecure();
  const root = process.env['OSTLER_CA'];
  return credentials.createSsl(root === undefined ? null : readFileSync(root));
}

async function main(server: string, domain: string): Promise<void> {
  const { OSTLER_URL = 'http://localhost:8080', OSTLER_TOKEN = '' } = process.env;
  const client = resourceService(new URL(OSTLER_URL));
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${OSTLER_TOKEN}`);
  const site = {
    placement: { server },
    domains: [domain],
    handler: { fixedResponse: { status: 200, body: 'Hello from TypeScript' } },
  };
  // The request id makes a repeat harmless: sent again, it gets the first answer.
  const request = {
    requestId: randomUUID(),
    resources: [{ meta: { kind: 'KIND_SITE', name }, site }],
  };
  const applied = await new Promise<Resource>((resolve, reject) => {
    client.Apply(request, metadata, { deadline: Date.now() + 30_000 }, (error, answer) =>
      error ? reject(error) : resolve(answer.results[0].resource),
    );
  });
  const watch = client.Watch({ kind: 'KIND_SITE', name }, metadata, { deadline: Date.now() + 60_000 });
  for await (const event of watch) {
    const { resource } = event as { readonly resource: Resource | null };
    if (resource && isReady(resource, BigInt(applied.meta.generation))) break;
  }
  // A stream that is no longer read goes on until it is told; that it then ends so is no error.
  watch.on('error', () => undefined).cancel();
  client.close();
  console.log(`${name} is served at ${domain}`);
}

/** Told by the server itself, for the generation that was asked for. */
function isReady({ status }: Resource, generation: bigint): boolean {
  return (status?.conditions ?? []).some(
    (condition) =>
      condition.type === 'Ready' &&
      condition.status === 'CONDITION_STATUS_TRUE' &&
      BigInt(condition.observedGeneration) >= generation,
  );
}

const [server, domain] = process.argv.slice(2);
if (server === undefined || domain === undefined) throw new Error('usage: node hello-site.ts SERVER DOMAIN');
main(server, domain).catch((error: ServiceError) => {
  console.error(`${error.code}: ${error.details ?? error.message}`);
  process.exitCode = 1;
});
