import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { AppError, type Clock, newUid } from '@ostler/kernel';
import {
  type AcmeSource,
  ChallengePublishSchema,
  ErrorReason,
  SignRequestSchema,
  type UploadSource,
} from '@ostler/contracts';
import { failpoint } from '../../failpoints';
import type { Acme } from '../../host/net/acme';
import type { Net } from '../../host/net/port';
import type { Link } from '../../link/core.port';
import type { DriverContext, PlacedResource } from '../../reconcile/driver.port';
import type { CertificateFiles } from './certificate-files';
import { type Chain, matchingKey, readChain } from './chain';
import type { Challenges } from './challenges';
import { makeAccountKey, makeKeyAndRequest } from './keys';
import { preflight } from './preflight';
import { hash } from './source';

export const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const CHALLENGE_LIFETIME_MS = 600_000;

/** What issuing needs of the server and of the control plane. */
export interface IssueParts {
  readonly files: CertificateFiles;
  readonly challenges: Challenges;
  readonly acme: Acme;
  readonly net: Net;
  readonly link: Pick<Link, 'connected' | 'sign' | 'publishChallenge'>;
  readonly clock: Clock;
  /** Where this server takes plain HTTP; undefined while it has no nginx. */
  readonly httpPort: () => number | undefined;
}

export interface Issued {
  readonly chain: Chain;
  readonly privateKeyPem: string;
}

/** A reason to wait that no authority has counted. */
export class NotYet extends Error {
  override readonly name = 'NotYet';

  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** Parses what a person uploaded and checks that the key is the certificate's own. */
export function issueUpload(source: UploadSource, context: DriverContext): Issued {
  const { privateKeyPem, certificatePem } = source;
  const secret = privateKeyPem && context.secret(privateKeyPem.uid, privateKeyPem.version);
  if (!secret)
    throw new NotYet('SECRET_PENDING', 'The private key has not arrived from the control plane yet.');
  const chain = readChain(certificatePem, 'certificate.upload.certificatePem');
  const key = matchingKey(chain, new TextDecoder().decode(secret), 'certificate.upload.privateKeyPem');
  return { chain, privateKeyPem: key };
}

/** Has the control plane's own authority sign a key that was made here. */
export async function issueSelfSigned(
  resource: PlacedResource,
  domains: readonly string[],
  parts: IssueParts,
): Promise<Issued> {
  const { csr, privateKeyPem } = await makeKeyAndRequest(domains);
  const request = create(SignRequestSchema, { requestId: newUid(), certificateUid: resource.uid, csr });
  const answer = await parts.link.sign(request);
  if (answer.certificateChain.length === 0) {
    throw new NotYet('SIGNING_REFUSED', answer.message || 'The control plane refused to sign.');
  }
  const pem = answer.certificateChain.map((der) => pemOf(der)).join('');
  return { chain: readChain(pem, 'certificate'), privateKeyPem };
}

/**
 * Asks an ACME authority, after a check of our own that it would succeed. `noteOrder` makes durable that an
 * order is spent, before it is.
 */
export async function issueAcme(
  resource: PlacedResource,
  source: AcmeSource,
  domains: readonly string[],
  parts: IssueParts,
  noteOrder: () => Promise<void>,
): Promise<Issued> {
  await ensureReachable(resource, domains, parts);
  const directoryUrl = source.directoryUrl || LETS_ENCRYPT;
  const accountKeyPem = await parts.files.accountKey(hash(directoryUrl), makeAccountKey);
  const { csr, privateKeyPem } = await makeKeyAndRequest(domains);
  failpoint('certificate.key-made');
  await noteOrder();
  const pem = await parts.acme.obtain({
    account: {
      directoryUrl,
      directoryCaPem: source.directoryCaPem,
      accountKeyPem,
      email: source.email,
      termsAgreed: source.termsAgreed,
    },
    domains,
    csr,
    serve: async (domain, token, keyAuthorization) => {
      await serveEverywhere(resource, parts, domain, token, keyAuthorization);
      failpoint('certificate.challenge-served');
    },
    withdraw: (token) => parts.challenges.withdraw(token),
  });
  const chain = readChain(pem, 'certificate');
  matchingKey(chain, privateKeyPem, 'certificate');
  return { chain, privateKeyPem };
}

async function ensureReachable(
  resource: PlacedResource,
  domains: readonly string[],
  parts: IssueParts,
): Promise<void> {
  const port = parts.httpPort();
  if (port === undefined)
    throw new NotYet('NGINX_MISSING', 'This server has no nginx to answer the challenge.');
  const token = `ostler-preflight-${randomBytes(16).toString('hex')}`;
  const content = randomBytes(16).toString('hex');
  try {
    for (const domain of domains) await serveEverywhere(resource, parts, domain, token, content);
    const [problem] = await preflight(parts.net, { domains, token, content, port });
    if (problem) throw new NotYet(problem.reason, problem.message);
  } finally {
    await parts.challenges.withdraw(token);
  }
}

/** Here first; then, through the control plane, on every other server that serves the name. */
async function serveEverywhere(
  resource: PlacedResource,
  parts: IssueParts,
  domain: string,
  token: string,
  keyAuthorization: string,
): Promise<void> {
  await parts.challenges.serve(token, keyAuthorization);
  // Alone, or while the control plane is away, this server's own answer is what there is.
  if (!parts.link.connected) return;
  const result = await parts.link.publishChallenge(
    create(ChallengePublishSchema, {
      requestId: newUid(),
      certificateUid: resource.uid,
      domain,
      token,
      keyAuthorization,
      expiresAt: timestampFromMs(parts.clock.now() + CHALLENGE_LIFETIME_MS),
    }),
  );
  if (!result.servedEverywhere) throw new AppError(ErrorReason.UNAVAILABLE, result.message);
}

function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
