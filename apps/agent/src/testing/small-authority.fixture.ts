import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Acme, AcmeOrder } from '../host/net/acme';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface SmallAuthorityParts {
  /** A line for every order that was ever asked for here, kept over a kill. */
  readonly orderLog: string;
  /** What the name answers at a path, over the network. */
  readonly fetch: (domain: string, path: string) => Promise<string>;
}

/**
 * An authority in the same process that validates over the network and signs what it is asked for. Its
 * first certificate is nearly over, so that a renewal follows at once.
 */
export class SmallAuthority implements Acme {
  constructor(private readonly parts: SmallAuthorityParts) {}

  get orders(): number {
    const { orderLog } = this.parts;
    return existsSync(orderLog) ? readFileSync(orderLog, 'utf8').split('\n').length - 1 : 0;
  }

  async obtain(order: AcmeOrder): Promise<string> {
    const isFirst = this.orders === 0;
    appendFileSync(this.parts.orderLog, `${order.domains.join(' ')}\n`);
    for (const domain of order.domains) await this.validate(order, domain);
    return sign(order.csr, order.domains, isFirst ? MINUTE_MS : 90 * DAY_MS);
  }

  private async validate(order: AcmeOrder, domain: string): Promise<void> {
    const token = `token-${this.orders}`;
    await order.serve(domain, token, `${token}.thumbprint`);
    const seen = await this.parts.fetch(domain, `/.well-known/acme-challenge/${token}`);
    if (seen !== `${token}.thumbprint`) throw new Error(`${domain} answered the challenge with ${seen}`);
    await order.withdraw(token);
  }
}

async function sign(csr: Uint8Array, domains: readonly string[], lifetimeMs: number): Promise<string> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(csr));
  const names = domains.map((value) => ({ type: 'dns' as const, value }));
  const certificate = await x509.X509CertificateGenerator.create({
    issuer: 'CN=Small authority',
    subject: `CN=${domains[0]}`,
    notBefore: new Date(Date.now() - 60 * MINUTE_MS),
    notAfter: new Date(Date.now() + lifetimeMs),
    publicKey: await request.publicKey.export(),
    signingKey: keys.privateKey,
    signingAlgorithm,
    extensions: [new x509.SubjectAlternativeNameExtension(names)],
  });
  return `${certificate.toString('pem')}\n`;
}
