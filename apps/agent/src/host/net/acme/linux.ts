import { Agent, get } from 'node:https';
import { rootCertificates } from 'node:tls';
import { messageOf, Serial } from '@ostler/kernel';
import type { Authorization, Client, Order } from 'acme-client';
import { type Acme, AcmeFailure, type AcmeOrder, type AcmeStage } from './port';

type Library = typeof import('acme-client');

const REQUEST_TIMEOUT_MS = 30_000;

/**
 * The real client. One order at a time: the library has one setting for trust, and authorities count what
 * asks at once. It is loaded with the first order, as it takes 20 MB.
 */
export class LibraryAcme implements Acme {
  private readonly orders = new Serial();

  obtain(order: AcmeOrder): Promise<string> {
    return this.orders.run(() => this.run(order));
  }

  private async run(request: AcmeOrder): Promise<string> {
    const library = await import('acme-client');
    const { account, domains } = request;
    const agent = trust(library, account.directoryCaPem);
    try {
      await at('DIRECTORY', '', () => reach(account.directoryUrl, agent));
      const client = new library.Client({
        directoryUrl: account.directoryUrl,
        accountKey: account.accountKeyPem,
        backoffAttempts: 40,
        backoffMin: 500,
        backoffMax: 5000,
      });
      await at('ACCOUNT', '', () => register(client, account.email, account.termsAgreed));
      const identifiers = domains.map((value) => ({ type: 'dns' as const, value }));
      const order = await at('ORDER', '', () => client.createOrder({ identifiers }));
      await this.authorise(client, order, request);
      const ready = await at('FINALIZE', '', () => client.finalizeOrder(order, pemOf(request.csr)));
      return await at('FINALIZE', '', () => client.getCertificate(ready));
    } finally {
      agent.destroy();
    }
  }

  private async authorise(client: Client, order: Order, request: AcmeOrder): Promise<void> {
    const authorizations = await at('ORDER', '', () => client.getAuthorizations(order));
    const results = await Promise.allSettled(authorizations.map((one) => answer(client, one, request)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

/** The library retries what will not connect for a minute and then loses the cause: so it is asked for first. */
function reach(directoryUrl: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(directoryUrl, { agent, timeout: REQUEST_TIMEOUT_MS }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`${directoryUrl} answers with status ${response.statusCode}.`));
    });
    request.on('timeout', () => request.destroy(new Error(`${directoryUrl} does not answer.`)));
    request.on('error', reject);
  });
}

/** Creates the account, or finds the one that the key has already (RFC 8555 section 7.3.1). */
async function register(client: Client, email: string, termsAgreed: boolean): Promise<void> {
  const contact = email === '' ? [] : [`mailto:${email}`];
  await client.createAccount({ termsOfServiceAgreed: termsAgreed, contact });
}

async function answer(client: Client, authorization: Authorization, request: AcmeOrder): Promise<void> {
  if (authorization.status === 'valid') return;
  const domain = authorization.identifier.value;
  await at('CHALLENGE', domain, async () => {
    const challenge = authorization.challenges.find(({ type }) => type === 'http-01');
    if (!challenge) throw new Error('The authority offers no HTTP-01 challenge for this name.');
    const keyAuthorization = await client.getChallengeKeyAuthorization(challenge);
    await request.serve(domain, challenge.token, keyAuthorization);
    try {
      await client.completeChallenge(challenge);
      await client.waitForValidStatus(challenge);
    } finally {
      await request.withdraw(challenge.token);
    }
  });
}

async function at<T>(stage: AcmeStage, domain: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof AcmeFailure) throw error;
    const said = messageOf(error) || String((error as NodeJS.ErrnoException).code);
    throw new AcmeFailure(stage, domain, said, { cause: error });
  }
}

function trust(library: Library, caPem: string): Agent {
  const agent = new Agent({ keepAlive: true, ...(caPem === '' ? {} : { ca: [...rootCertificates, caPem] }) });
  library.axios.defaults.httpsAgent = agent;
  library.axios.defaults.timeout = REQUEST_TIMEOUT_MS;
  // An authority is told by its URL; a proxy of the environment would see nothing but would be trusted to route.
  library.axios.defaults.proxy = false;
  return agent;
}

function pemOf(csr: Uint8Array): string {
  const lines =
    Buffer.from(csr)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join(
    '\n',
  );
}
