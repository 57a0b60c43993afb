import { createPrivateKey, sign } from 'node:crypto';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { ErrorReason, JoinService, type RecoverResponse } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { makeCsr } from './csr';
import { type Identity, type IdentityFolder, trustToPem } from './identity-folder';
import { callPublic } from './public-call';
import { OtherKey, type PublicTrust } from './public-connection';

export interface Recovered {
  readonly identity: Identity;
  /** The control plane's clock. */
  readonly clockMs: number | undefined;
}

/**
 * Gets a new certificate at the public listener: the control plane gives something to sign, and the key proves that it
 * is this server. `from` tells where the control plane is now; what is kept says where joining told.
 *
 * @throws AppError UNAUTHENTICATED, DENIED when it is revoked, UNAVAILABLE.
 */
export async function recover(from: Identity, folder: IdentityFolder): Promise<Recovered> {
  const next = await folder.nextKey();
  if (next !== undefined) {
    // Not known yet does not say that it never will be: the request that certifies it may still be on its way.
    const recovered = await recoverWith(next, from, folder).catch(unlessUnknown);
    if (recovered) return recovered;
  }
  return recoverWith(from.keyPem, from, folder);
}

async function recoverWith(keyPem: string, from: Identity, folder: IdentityFolder): Promise<Recovered> {
  const { answer, clockMs } = await ask(keyPem, from);
  const pems = trustToPem(answer);
  const { agentAddress, agentServerName } = answer;
  const listenerPin = answer.listenerPin || from.listenerPin;
  const identity = {
    ...from,
    ...pems,
    keyPem,
    agentAddress,
    agentServerName,
    ...(listenerPin && { listenerPin }),
  };
  await folder.saveTrust(answer);
  if (keyPem !== from.keyPem) await folder.takeNextKey();
  return { identity, clockMs };
}

async function ask(keyPem: string, from: Identity): Promise<{ answer: RecoverResponse; clockMs?: number }> {
  const { serverUid } = from;
  const key = createPrivateKey(keyPem);
  return byAnyTrust(from, async (trust) => {
    const challenge = await callPublic(from.controlUrl, trust, JoinService.method.challenge, { serverUid });
    const { nonce, clock } = challenge;
    const text = Buffer.concat([Buffer.from(`ostler recover\n${serverUid}\n`), nonce]);
    const proof = { serverUid, nonce, signature: sign('sha256', text, key), csr: makeCsr(key) };
    const answer = await callPublic(from.controlUrl, trust, JoinService.method.recover, proof);
    return { answer, clockMs: clock && timestampMs(clock) };
  });
}

/**
 * The pinned key of the listener, or else a root that is trusted: a pin does not look at dates, and outlives every
 * root; the roots outlive the key of a listener whose certificate is the operator's own.
 */
async function byAnyTrust<T>(from: Identity, call: (trust: PublicTrust) => Promise<T>): Promise<T> {
  const { listenerPin, caPin, caPem, proxy } = from;
  const byRoots = { caPin: '', ...(caPin === '' ? {} : { roots: caPem }), ...(proxy && { proxy }) };
  if (!listenerPin) return call(byRoots);
  try {
    return await call({ ...byRoots, listenerPin });
  } catch (error) {
    if (!(error instanceof OtherKey)) throw error;
    return call(byRoots);
  }
}

function unlessUnknown(error: unknown): undefined {
  const isAnswer =
    error instanceof AppError && !(error instanceof OtherKey) && error.reason === ErrorReason.UNAUTHENTICATED;
  if (!isAnswer) throw error;
  return undefined;
}
