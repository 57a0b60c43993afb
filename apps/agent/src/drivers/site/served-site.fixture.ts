import 'reflect-metadata';
import { mkdir, writeFile } from 'node:fs/promises';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { request as secureRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { SiteSpecSchema } from '@ostler/contracts';
import * as x509 from '@peculiar/x509';
import type { CertificateOutput } from '../../reconcile/driver.port';
import type { Outcome, ServerFacts } from '../../targets/nginx';
import {
  startRealNginx,
  type RealNginx,
  type RealNginxOptions,
} from '../../targets/nginx/real-nginx.fixture';
import type { SiteInputs } from './inputs';
import { renderSite } from './render/site';

export type SiteInit = MessageInitShape<typeof SiteSpecSchema>;

export interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AskOptions {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly tls?: boolean;
  readonly address?: string;
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

export interface ServedSites extends AsyncDisposable {
  readonly nginx: RealNginx;
  readonly facts: ServerFacts;
  /** Renders and commits; the uid is made from the number. */
  serve(spec: SiteInit, inputs?: Partial<SiteInputs>, number?: number): Promise<Outcome>;
  ask(host: string, options?: AskOptions): Promise<Asked>;
  /** A folder with these files, readable by nginx. */
  folder(name: string, files: Readonly<Record<string, string>>): Promise<string>;
  certificate(...domains: string[]): Promise<CertificateOutput>;
}

export async function startServedSites(options: RealNginxOptions = {}): Promise<ServedSites> {
  const nginx = await startRealNginx(options);
  const facts = await nginx.target.prepare();
  if ('reason' in facts) throw new Error(facts.message);
  let count = 0;
  return {
    nginx,
    facts,
    serve(spec, inputs = {}, number = ++count) {
      const uid = uidOf(number);
      const all = { upstreams: {}, releases: {}, passwords: {}, ...inputs };
      const contribution = renderSite(
        { uid, name: `site-${number}` },
        create(SiteSpecSchema, spec),
        all,
        facts,
      );
      return nginx.target.submit(contribution);
    },
    ask: (host, asked = {}) => ask(host, asked.tls ? facts.httpsPort : facts.httpPort, asked),
    async folder(name, files) {
      const root = `${nginx.folder}/${name}`;
      await mkdir(root, { recursive: true, mode: 0o755 });
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(`${root}/${path}`), { recursive: true });
        await writeFile(`${root}/${path}`, content);
      }
      return root;
    },
    certificate: (...domains) => makeCertificate(nginx.folder, domains),
    [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose](),
  };
}

export function uidOf(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

function ask(host: string, port: number, options: AskOptions): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const send = options.tls ? secureRequest : request;
    const outgoing = send({
      host: options.address ?? '127.0.0.1',
      port,
      path: options.path ?? '/',
      method: options.method ?? 'GET',
      headers: { host, connection: 'close', ...options.headers },
      agent: false,
      ...(options.tls ? { servername: host, rejectUnauthorized: false, maxVersion: options.maxVersion } : {}),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      void bodyOf(response).then((body) =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    outgoing.end(options.body);
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

export interface Backend extends AsyncDisposable {
  readonly port: number;
}

/** A program behind a site, on a port that the kernel chose. */
export async function startBackend(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Backend> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function makeCertificate(folder: string, domains: readonly string[]): Promise<CertificateOutput> {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${domains[0]}`,
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new x509.SubjectAlternativeNameExtension(domains.map((value) => ({ type: 'dns', value })))],
  });
  const path = `${folder}/${domains[0]}-${certificate.serialNumber}`;
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const pem = `-----BEGIN PRIVATE KEY-----\n${key.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
  await writeFile(`${path}.crt`, certificate.toString('pem'));
  await writeFile(`${path}.key`, pem, { mode: 0o600 });
  return {
    case: 'certificate',
    certificatePath: `${path}.crt`,
    privateKeyPath: `${path}.key`,
    fingerprint: Buffer.from(await certificate.getThumbprint('SHA-256')).toString('hex'),
    domains,
    notAfterMs: certificate.notAfter.getTime(),
  };
}
