import { createHash, X509Certificate } from 'node:crypto';
import type { AuthContext } from '@grpc/grpc-js/build/src/auth-context';
import { isUuid } from '@ostler/kernel';

/** What a peer's certificate says: TLS has verified that our intermediate signed it and that it is in time. */
export interface PeerIdentity {
  readonly serverUid: string;
  readonly keySha256: Buffer;
  readonly certificateEndsAt: Date;
}

const URI = /^URI:ostler:server:([0-9a-f-]{36})$/;

/** Undefined without a verified certificate that names exactly one server. */
export function identityOfPeer(context: AuthContext): PeerIdentity | undefined {
  const raw = context.sslPeerCertificate?.raw;
  if (context.transportSecurityType !== 'ssl' || !raw) return undefined;
  const certificate = new X509Certificate(raw);
  const serverUid = URI.exec(certificate.subjectAltName ?? '')?.[1];
  if (!serverUid || !isUuid(serverUid)) return undefined;
  const spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
  const keySha256 = createHash('sha256').update(spki).digest();
  return { serverUid, keySha256, certificateEndsAt: certificate.validToDate };
}
