import { createHash, X509Certificate } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import type { Socket } from 'node:net';
import {
  connect as connectTls,
  type ConnectionOptions,
  type DetailedPeerCertificate,
  type TLSSocket,
} from 'node:tls';
import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';

/** What makes the public listener believable, and the way to it. */
export interface PublicTrust {
  /** `sha256//BASE64` of the listener's own key. Nothing else is looked at then: neither names nor dates. */
  readonly listenerPin?: string;
  /** `sha256//BASE64` of the root's key; looked for in the chain when there is no listenerPin. */
  readonly caPin: string;
  /** PEM: roots that lead to the listener, in place of a pin. */
  readonly roots?: string;
  /** `http://[user:password@]host:port` of an HTTP proxy that tunnels (CONNECT). Empty: straight. */
  readonly proxy?: string;
}

const CONNECT_TIMEOUT_MS = 15_000;

/**
 * A TLS connection to the public listener whose key is the pinned one; without a pin, one that the roots of
 * this server lead to. Nothing is sent before that is known.
 *
 * @throws AppError UNAUTHENTICATED for another key, UNAVAILABLE when it cannot be reached.
 */
export async function connectPublic(url: URL, trust: PublicTrust): Promise<TLSSocket> {
  if (trust.listenerPin) {
    const socket = await handshake(url, trust, { rejectUnauthorized: false });
    const [leaf] = chainOf(socket);
    if (leaf && pinOf(leaf) === trust.listenerPin) return socket;
    socket.destroy();
    throw otherKey(url, trust.listenerPin);
  }
  if (trust.roots) return handshake(url, trust, { ca: trust.roots, checkServerIdentity: () => undefined });
  if (!trust.caPin) return handshake(url, trust, {});
  const ca = await pinnedRoot(url, trust);
  // After a rotation the pinned key may be shown in a certificate that the root before it has signed.
  return handshake(url, trust, { ca, allowPartialTrustChain: true, checkServerIdentity: () => undefined });
}

/**
 * The root that the control plane sends along, when its public key is the pinned one. What is asked of the
 * control plane afterwards is verified by that root alone: every serverAuth certificate below it belongs to
 * a listener of this control plane, so no name is compared.
 */
async function pinnedRoot(url: URL, trust: PublicTrust): Promise<string> {
  const socket = await handshake(url, trust, { rejectUnauthorized: false });
  try {
    for (const certificate of chainOf(socket)) {
      if (certificate.ca && pinOf(certificate) === trust.caPin) return certificate.toString();
    }
  } finally {
    socket.destroy();
  }
  throw otherKey(url, trust.caPin);
}

export function pinOf(certificate: X509Certificate): string {
  return pinOfKey(certificate.publicKey.export({ format: 'der', type: 'spki' }));
}

/** Of a public key in SPKI, DER, as curl's --pinnedpubkey takes it. */
export function pinOfKey(spki: Uint8Array): string {
  return `sha256//${createHash('sha256').update(spki).digest('base64')}`;
}

/** Whoever answers is not the one that was pinned. */
export class OtherKey extends AppError {}

function otherKey(url: URL, pin: string): AppError {
  return new OtherKey(
    ErrorReason.UNAUTHENTICATED,
    `The control plane at ${url.host} does not show the key ${pin}. Either something stands between this ` +
      'server and the control plane, or the join command is of another one: make a new token and compare the pin.',
  );
}

async function handshake(url: URL, { proxy }: PublicTrust, options: ConnectionOptions): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 443);
  const tunnel = proxy ? await throughProxy(proxy, url.hostname, port) : undefined;
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      socket.destroy();
      reject(unreachable(url.host, why));
    };
    const to = tunnel ? { socket: tunnel } : { host, port };
    const name = /[:]|^[\d.]+$/.test(host) ? {} : { servername: host };
    const socket = connectTls({ ...to, ...name, ...options }, () => {
      socket.setTimeout(0).removeAllListeners('timeout');
      socket.off('error', failed);
      resolve(socket);
    });
    const failed = (error: Error): void => fail(error.message);
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => fail('no answer in time'));
    socket.once('error', failed);
  });
}

export function unreachable(host: string, why: string, cause?: unknown): AppError {
  const message = `The control plane at ${host} cannot be reached: ${why}.`;
  return new AppError(ErrorReason.UNAVAILABLE, message, { cause });
}

/** A tunnel that the proxy opens (RFC 9110 section 9.3.6). */
async function throughProxy(proxy: string, host: string, port: number): Promise<Socket> {
  const { hostname, port: proxyPort, headers } = readProxy(proxy);
  if (host.startsWith('[')) throw addressThroughProxy();
  const path = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(unreachable(path, `the proxy ${hostname}:${proxyPort} ${why}`));
    const call = requestHttp({
      method: 'CONNECT',
      host: hostname.replace(/^\[|\]$/g, ''),
      port: proxyPort,
      path,
      headers: { ...headers, host: path },
      timeout: CONNECT_TIMEOUT_MS,
      agent: false,
    });
    call.once('connect', ({ statusCode }, socket, head) => {
      if (statusCode !== 200) {
        socket.destroy();
        return fail(`answered ${statusCode}; it has to allow CONNECT to port ${port}`);
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    call.once('response', ({ statusCode }) => fail(`answered ${statusCode} and is no proxy that tunnels`));
    call.once('timeout', () => call.destroy(new Error('no answer in time')));
    call.once('error', (error) => fail(`does not answer: ${messageOf(error)}`));
    call.end();
  });
}

/** grpc-js asks a proxy for an IPv6 address without its brackets, which no proxy understands. */
function addressThroughProxy(): AppError {
  return AppError.invalid(
    'proxy',
    'IPV6_ADDRESS',
    'through a proxy the control plane is reached by its name: set OSTLER_PUBLIC_ADDRESS there, and take a fresh command.',
  );
}

export interface Proxy {
  readonly hostname: string;
  readonly port: number;
  /** `user:password`, when it asks who we are. */
  readonly credentials: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws AppError INVALID when it is no URL of an HTTP proxy. */
export function readProxy(text: string): Proxy {
  const url = URL.parse(text);
  if (!url || url.protocol !== 'http:' || url.hostname === '') {
    throw AppError.invalid('proxy', 'URL', 'a proxy is given like http://proxy.example:3128.');
  }
  const credentials =
    url.username === ''
      ? undefined
      : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const headers: Record<string, string> = credentials
    ? { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
    : {};
  return { hostname: url.hostname, port: Number(url.port || 80), credentials, headers };
}

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate?.raw && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    chain.push(new X509Certificate(certificate.raw));
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
