import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { create, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { type ConnectError, createClient } from '@connectrpc/connect';
import { findTrailerError } from '@connectrpc/connect/protocol-grpc';
import { credentials, Client as GrpcClient, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  ApplyRequestSchema,
  ErrorInfoSchema,
  ErrorReason,
  type Resource,
  ResourceService,
} from '@ostler/contracts';
import { rolldown } from 'rolldown';
import type { Engine } from '../../apps/control-plane/src/resources/engine.fixture';

/** What a caller was told. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
  readonly violations: readonly {
    readonly field: string;
    readonly reason: string;
    readonly message: string;
  }[];
}

/** Applies the resources in one way. Rejects when that was not refused. */
export type Door = (resources: readonly Resource[]) => Promise<Refusal>;

const apply = '/ostler.api.v1.ResourceService/Apply';

/**
 * Connect's JSON as a script would write it. Every text goes in after the encoding, so that also what no
 * encoder would take goes over the wire.
 */
export function connectJson(engine: Engine): Door {
  return async (resources) => {
    const request = create(ApplyRequestSchema, { requestId: randomUUID(), resources: [...resources] });
    const response = await fetch(`${engine.url}${apply}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${engine.token}` },
      body: JSON.stringify(toJson(ApplyRequestSchema, request)),
    });
    if (response.ok) throw new Error('was not refused');
    const { message, details } = (await response.json()) as {
      message: string;
      details: { value: string }[];
    };
    return refusal(message, Buffer.from(details[0]?.value ?? '', 'base64'));
  };
}

export function connectBinary(engine: Engine): Door {
  const client = createClient(ResourceService, engine.transport(engine.token, '2'));
  return (resources) =>
    client.apply({ requestId: randomUUID(), resources: [...resources] }).then(
      () => Promise.reject(new Error('was not refused')),
      (error: ConnectError) => told(error),
    );
}

/** Google's own client over TLS, as a generated client in any language speaks. */
export function grpc(port: number, certificate: string, token: string): Door {
  return (resources) =>
    new Promise((resolve, reject) => {
      const trusted = credentials.createSsl(Buffer.from(certificate));
      const client = new GrpcClient(`localhost:${port}`, trusted);
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${token}`);
      const request = create(ApplyRequestSchema, { requestId: randomUUID(), resources: [...resources] });
      const bytes = (value: typeof request): Buffer => Buffer.from(toBinary(ApplyRequestSchema, value));
      const end = (error: ServiceError | null): void => {
        client.close();
        if (!error) return reject(new Error('was not refused'));
        const [details] = error.metadata.get('grpc-status-details-bin');
        if (!details) return reject(error);
        const header = new Headers({
          'grpc-status': String(error.code),
          'grpc-status-details-bin': Buffer.from(details).toString('base64'),
        });
        resolve(told(findTrailerError(header)!));
      };
      client.makeUnaryRequest(apply, bytes, (answer) => answer, request, metadata, end);
    });
}

export interface CommandLine {
  /** `ostler apply -f -` with this on its standard input. */
  apply(specFiles: string): Promise<Refusal & { readonly code: number | null }>;
  remove(): Promise<void>;
}

/** The program itself, from the sources as they are. */
export async function commandLine(engine: Engine): Promise<CommandLine> {
  const folder = await mkdtemp(join(tmpdir(), 'ostler-cli-'));
  const file = join(folder, 'ostler.mjs');
  const app = join(import.meta.dirname, '../../apps/cli');
  await using bundle = await rolldown({
    input: join(app, 'src/main.ts'),
    platform: 'node',
    tsconfig: join(app, 'tsconfig.json'),
    onLog: () => undefined,
  });
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  const env = { PATH: process.env.PATH, HOME: folder, OSTLER_URL: engine.url, OSTLER_TOKEN: engine.token };
  return {
    async apply(specFiles) {
      const child = spawn(process.execPath, [file, 'apply', '-f', '-', '-o', 'json'], { env });
      child.stdin.end(specFiles);
      const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
      const [said, code] = await Promise.all([text(child.stderr), closed]);
      return { ...(JSON.parse(said) as { error: Refusal }).error, code };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function told(error: ConnectError): Refusal {
  const [info] = error.findDetails(ErrorInfoSchema);
  return { reason: nameOf(info?.reason), message: error.rawMessage, violations: info?.violations ?? [] };
}

function refusal(message: string, details: Uint8Array): Refusal {
  const { reason, violations } = fromBinary(ErrorInfoSchema, details);
  return { reason: nameOf(reason), message, violations };
}

const nameOf = (reason: ErrorReason = ErrorReason.UNSPECIFIED): string => ErrorReason[reason] ?? '';
