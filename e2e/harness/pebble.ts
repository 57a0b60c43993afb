import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from './free-port';
import { waitFor } from './wait-for';

export interface PebbleOptions {
  /** Name by which servers reach it; its certificate carries it. */
  readonly name: string;
  /** What every name resolves to, for the authority. */
  readonly resolvesTo: string;
  /** The port that it asks for HTTP-01 challenges. */
  readonly httpPort: number;
}

/** An ACME authority that misbehaves on purpose: refused nonces, slow validation. */
export interface Pebble {
  readonly port: number;
  /** `https://NAME:PORT/dir`. */
  readonly directoryUrl: string;
  /** PEM of what its directory is trusted by. */
  readonly caPem: string;
  stop(): Promise<void>;
}

export async function startPebble({ name, resolvesTo, httpPort }: PebbleOptions): Promise<Pebble> {
  const folder = await mkdtemp(join(tmpdir(), 'ostler-pebble-'));
  const [port, management, dns, dnsManagement] = await Promise.all([0, 1, 2, 3].map(freePort));
  const caPem = await makeCertificate(folder, name);
  const settings = {
    listenAddress: `0.0.0.0:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: join(folder, 'certificate.pem'),
    privateKey: join(folder, 'key.pem'),
    httpPort,
    tlsPort: 1,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  };
  await writeFile(join(folder, 'pebble.json'), JSON.stringify({ pebble: settings }));
  const children = [
    start('/usr/bin/pebble-challtestsrv', [
      ...['-dns01', `127.0.0.1:${dns}`, '-defaultIPv4', resolvesTo, '-defaultIPv6', ''],
      ...['-http01', '', '-https01', '', '-tlsalpn01', '', '-management', `127.0.0.1:${dnsManagement}`],
    ]),
    start('/usr/bin/pebble', ['-config', join(folder, 'pebble.json'), '-dnsserver', `127.0.0.1:${dns}`]),
  ];
  await waitFor('the authority answers', () => answers(port!, name, caPem));
  return {
    port: port!,
    directoryUrl: `https://${name}:${port}/dir`,
    caPem,
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
}

function start(binary: string, args: readonly string[]): ChildProcess {
  return spawn(binary, args, { stdio: 'ignore' });
}

function answers(port: number, servername: string, ca: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/dir', servername, ca, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on('error', reject);
  });
}

async function makeCertificate(folder: string, name: string): Promise<string> {
  const certificate = join(folder, 'certificate.pem');
  const child = spawn(
    '/usr/bin/openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
      ...['-keyout', join(folder, 'key.pem'), '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`openssl ended with ${String(code)}`);
  return readFile(certificate, 'utf8');
}
