import { messageOf } from '@ostler/kernel';
import type { Net } from '../../host/net/port';

/** Why an authority would not validate a name, found before it is asked and counted. */
export interface PreflightProblem {
  readonly domain: string;
  readonly reason: 'DNS_MISSING' | 'PORT_80_CLOSED' | 'ANSWERED_BY_ANOTHER';
  readonly message: string;
}

export interface PreflightRequest {
  readonly domains: readonly string[];
  /** What is served at the challenge path now, and under which token. */
  readonly token: string;
  readonly content: string;
  /** Where this server's nginx takes plain HTTP; the authority always asks port 80. */
  readonly port: number;
}

/** Asks for our own token by every name, at every address that the name has. */
export async function preflight(net: Net, request: PreflightRequest): Promise<PreflightProblem[]> {
  const found = await Promise.all(request.domains.map((domain) => checkDomain(net, request, domain)));
  return found.filter((problem) => problem !== undefined);
}

async function checkDomain(
  net: Net,
  request: PreflightRequest,
  domain: string,
): Promise<PreflightProblem | undefined> {
  let addresses: readonly string[];
  try {
    addresses = await net.resolve(domain);
  } catch (error) {
    const message = `${domain} does not resolve (${messageOf(error)}). Point an A or AAAA record of it at this server.`;
    return { domain, reason: 'DNS_MISSING', message };
  }
  const problems = await Promise.all(addresses.map((address) => checkAddress(net, request, domain, address)));
  return problems.find((problem) => problem !== undefined);
}

async function checkAddress(
  net: Net,
  { token, content, port }: PreflightRequest,
  domain: string,
  address: string,
): Promise<PreflightProblem | undefined> {
  const path = `/.well-known/acme-challenge/${token}`;
  const outcome = await net.probe({ address, port, path, host: domain, tls: false, timeoutMs: 5000 });
  if (!outcome.answered) {
    const message = `${domain} resolves to ${address}, but port ${port} there does not answer (${outcome.message}). Open it, or correct the DNS record.`;
    return { domain, reason: 'PORT_80_CLOSED', message };
  }
  if (outcome.status === 200 && outcome.body.trim() === content) return undefined;
  const message = `${domain} resolves to ${address}, which answers with status ${outcome.status} and not with what this server put there: another server, or another site, serves this name. Correct the DNS record, or remove the other site.`;
  return { domain, reason: 'ANSWERED_BY_ANOTHER', message };
}
