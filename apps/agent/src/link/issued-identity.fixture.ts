import 'reflect-metadata';
import { createPublicKey, type KeyObject, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  PublicKey,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { newKeyPem } from './csr';
import type { Identity } from './identity-folder';

const YEAR_MS = 365 * 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface IssuedIdentity {
  readonly identity: Identity;
  /** The server's own certificate, which is no authority. */
  readonly leafPem: string;
  readonly rootEndsMs: number;
}

/** The identity of a server that joined an authority of its own, for a day. */
export async function issueIdentity({
  serverUid = '01890000-0000-7000-8000-000000000001',
  key,
}: { readonly serverUid?: string; readonly key?: KeyObject } = {}): Promise<IssuedIdentity> {
  cryptoProvider.set(webcrypto as never);
  const keyPem = key ? key.export({ format: 'pem', type: 'pkcs8' }).toString() : newKeyPem();
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as never;
  const rootEndsMs = Math.floor(Date.now() / 1000) * 1000 + YEAR_MS;
  const validity = { notBefore: new Date(Date.now() - YEAR_MS), notAfter: new Date(rootEndsMs) };
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test root',
    keys,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const spki = createPublicKey(keyPem).export({ format: 'der', type: 'spki' });
  const leaf = await X509CertificateGenerator.create({
    subject: `CN=${serverUid}`,
    issuer: root.subject,
    publicKey: new PublicKey(spki),
    signingKey: (keys as { privateKey: never }).privateKey,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'url', value: `ostler:server:${serverUid}` }])],
  });
  const leafPem = `${leaf.toString('pem')}\n`;
  const identity = {
    controlUrl: 'https://control.example:8443',
    caPin: '',
    serverUid,
    serverName: 'web',
    agentAddress: 'control.example:8444',
    agentServerName: 'agents.ostler.internal',
    keyPem,
    chainPem: leafPem,
    caPem: `${root.toString('pem')}\n`,
  };
  return { identity, leafPem, rootEndsMs };
}
