import { verify, X509Certificate } from 'node:crypto';
import type { SignedEpoch, Welcome } from '@ostler/contracts';

/**
 * Why the epoch of a welcome is not believed; undefined when it is. Above 1 the control plane's authority
 * must vouch for it: who only holds a listener's key cannot make agents forget the fence. Validity dates are
 * not looked at, because this server's clock may be wrong and the signature is not about a time.
 */
export function refusesEpoch(
  { epoch, signedEpoch }: Pick<Welcome, 'epoch' | 'signedEpoch'>,
  caPem: string,
): string | undefined {
  if (epoch <= 1n) return undefined;
  if (!signedEpoch || signedEpoch.epoch !== epoch) return refusal(epoch, 'it is not signed');
  try {
    const chain = signedEpoch.certificateChain.map((der) => new X509Certificate(der));
    const wrong = wrongChain(chain, rootsOf(caPem));
    if (wrong) return refusal(epoch, wrong);
    return isSigned(signedEpoch, chain[0]!) ? undefined : refusal(epoch, 'its signature is not good');
  } catch {
    return refusal(epoch, 'a certificate of it cannot be read');
  }
}

function isSigned({ epoch, signature }: SignedEpoch, signer: X509Certificate): boolean {
  return verify('sha256', Buffer.from(`ostler epoch\n${epoch}`), signer.publicKey, signature);
}

/** From the signer to a root that is trusted; authorities all of them, each issued by the next. */
function wrongChain(
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): string | undefined {
  if (chain.length === 0) return 'no certificate came with it';
  if (chain.some(({ ca }) => !ca)) return 'a certificate of it is no authority';
  for (const [index, certificate] of chain.entries()) {
    if (roots.some((root) => issued(root, certificate))) return undefined;
    const next = chain[index + 1];
    if (!next || !issued(next, certificate)) break;
  }
  return 'its certificates do not lead to a root that this server trusts';
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

const ONE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function rootsOf(caPem: string): X509Certificate[] {
  return (caPem.match(ONE) ?? []).map((pem) => new X509Certificate(pem));
}

function refusal(epoch: bigint, why: string): string {
  return (
    `The control plane says that it is in epoch ${epoch}, and ${why}. Only its certificate authority can raise the epoch: ` +
    'it is not followed.'
  );
}
