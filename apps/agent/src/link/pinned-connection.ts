import { createHash, X509Certificate } from 'node:crypto';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

const CONNECT_TIMEOUT_MS = 15_000;

/**
 * The root that the control plane sends along, when its public key is the pinned one. What is asked of the
 * control plane afterwards is verified by that root alone: every serverAuth certificate below it belongs to
 * a listener of this control plane, so no name is compared.
 *
 * @throws AppError UNAUTHENTICATED when no certificate of the chain has that key.
 */
export async function pinnedRoot(url: URL, pin: string): Promise<string> {
  const socket = await handshake(url);
  try {
    for (const certificate of chainOf(socket)) {
      if (certificate.ca && pinOf(certificate) === pin) return certificate.toString();
    }
  } finally {
    socket.destroy();
  }
  throw new AppError(
    ErrorReason.UNAUTHENTICATED,
    `The control plane at ${url.host} does not show the key ${pin}. Either something stands between this ` +
      'server and the control plane, or the join command is of another one: make a new token and compare the pin.',
  );
}

export function pinOf(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
  return `sha256//${createHash('sha256').update(spki).digest('base64')}`;
}

function handshake(url: URL): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const fail = (why: string): void => {
      socket.destroy();
      reject(
        new AppError(ErrorReason.UNAVAILABLE, `The control plane at ${url.host} cannot be reached: ${why}.`),
      );
    };
    // Nothing is sent on this connection; the key decides.
    const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false }, () =>
      resolve(socket),
    );
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => fail('no answer in time'));
    socket.once('error', (error) => fail(error.message));
  });
}

function* chainOf(socket: TLSSocket): Generator<X509Certificate> {
  const seen = new Set<string>();
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate?.raw && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    yield new X509Certificate(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
}
