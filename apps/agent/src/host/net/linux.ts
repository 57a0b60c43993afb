import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { TLSSocket } from 'node:tls';
import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';
import type { HttpProbe, Net, ProbeOutcome } from './port';

const MOST_BODY_BYTES = 4096;

/** The network of this machine. */
export function createLinuxNet(): Net {
  return { resolve, probe, accepts, ownAddresses, hasIpv6, freePort };
}

/** Asks what the server itself would use: its hosts file, its resolvers. */
async function resolve(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true, verbatim: true });
    return [...new Set(found.map((entry) => entry.address))].sort();
  } catch (error) {
    throw new AppError(
      ErrorReason.UNAVAILABLE,
      `${host} does not resolve on this server: ${messageOf(error)}.`,
      {
        cause: error,
      },
    );
  }
}

function probe(wanted: HttpProbe): Promise<ProbeOutcome> {
  return new Promise((settle) => {
    const send = wanted.tls ? httpsRequest : httpRequest;
    const outgoing = send({
      host: wanted.address,
      port: wanted.port,
      path: wanted.path,
      headers: { host: wanted.host, 'user-agent': 'ostler-agent', connection: 'close' },
      agent: false,
      signal: AbortSignal.timeout(wanted.timeoutMs),
      ...(wanted.tls ? { servername: wanted.host, rejectUnauthorized: false } : {}),
    });
    outgoing.on('error', (error) => settle({ answered: false, message: describe(error, wanted) }));
    outgoing.on('response', (response) => void collect(response).then(settle));
    outgoing.end();
  });
}

async function collect(response: IncomingMessage): Promise<ProbeOutcome> {
  const { socket } = response;
  const fingerprint =
    socket instanceof TLSSocket
      ? (socket.getPeerCertificate().fingerprint256 ?? '').replaceAll(':', '').toLowerCase()
      : '';
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      size += piece.length;
      if (size >= MOST_BODY_BYTES) break;
    }
  } catch (error) {
    return { answered: false, message: messageOf(error) };
  }
  const body = Buffer.concat(pieces).subarray(0, MOST_BODY_BYTES).toString();
  return { answered: true, status: response.statusCode ?? 0, body, fingerprint };
}

function describe(error: Error, { timeoutMs }: HttpProbe): string {
  return error.name === 'TimeoutError' || error.name === 'AbortError'
    ? `no answer within ${timeoutMs} ms`
    : error.message;
}

function accepts(address: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect({ host: address, port, timeout: timeoutMs });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      settle(answer);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map((entry) => entry.address),
  );
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => entry.family === 'IPv6'),
  );
}

async function freePort(wanted: number): Promise<number | undefined> {
  const server = createServer();
  const port = await listen(server, wanted);
  await new Promise((done) => server.close(done));
  return port;
}

function listen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((settle) => {
    server.once('error', () => settle(undefined));
    server.listen(port, () => {
      const address = server.address();
      settle(typeof address === 'object' && address !== null ? address.port : undefined);
    });
  });
}
