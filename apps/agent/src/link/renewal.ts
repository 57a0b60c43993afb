import { createPrivateKey, X509Certificate } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { RenewRequestSchema, type RenewResponse, TrustService } from '@ostler/contracts';
import { Backoff, type Clock, messageOf, pause } from '@ostler/kernel';
import { methodDefinition } from '@ostler/link-protocol/grpc';
import type { Log } from '../telemetry';
import { makeCsr, newKeyPem } from './csr';
import type { Dialer } from './dialer';
import type { Identity, IdentityFolder } from './identity-folder';

const renew = methodDefinition(TrustService.method.renew);
const CALL_TIMEOUT_MS = 30_000;
/** A jumped clock is noticed after at most this long. */
const MOST_WAIT_MS = 600_000;

export interface RenewalOptions {
  readonly dialer: Dialer;
  readonly folder: IdentityFolder;
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: () => Identity;
  /** From now on new connections use it; the lanes that are up stay. */
  readonly renewed: (identity: Identity) => void;
  readonly random?: () => number;
  /** The control plane's clock, by which certificates end. */
  readonly nowMs: () => number;
}

/** When the certificate is to be renewed: at half its life, a tenth sooner or later. */
export function renewAtMs(chainPem: string, random: () => number): number {
  const { validFromDate, validToDate } = new X509Certificate(chainPem);
  const lifeMs = validToDate.getTime() - validFromDate.getTime();
  return validFromDate.getTime() + lifeMs * (0.45 + 0.1 * random());
}

export function isExpired(chainPem: string, nowMs: number): boolean {
  return new X509Certificate(chainPem).validToDate.getTime() <= nowMs;
}

/** Renews the certificate of this server for as long as the agent runs. The key stays. */
export async function keepRenewed(options: RenewalOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, random = Math.random } = options;
  const backoff = new Backoff({ firstMs: 10_000, mostMs: MOST_WAIT_MS, random });
  let dueMs = renewAtMs(options.identity().chainPem, random);
  while (!signal.aborted) {
    const waitMs = dueMs - options.nowMs();
    if (waitMs > 0) {
      await pause(clock, Math.min(waitMs, MOST_WAIT_MS), signal);
      continue;
    }
    try {
      await renewOnce(options);
      backoff.reset();
      dueMs = renewAtMs(options.identity().chainPem, random);
      log.info('renewed the certificate of this server');
    } catch (error) {
      log.debug(`the certificate could not be renewed yet: ${messageOf(error)}`);
      await pause(clock, backoff.next(), signal);
      // It may have been replaced meanwhile, by joining again.
      dueMs = renewAtMs(options.identity().chainPem, random);
    }
  }
}

export async function renewOnce({ dialer, folder, clock, identity, renewed }: RenewalOptions): Promise<void> {
  const csr = makeCsr(createPrivateKey(identity().keyPem));
  const answer = await call(dialer, clock, { csr });
  renewed({ ...identity(), ...(await folder.saveTrust(answer)) });
}

/**
 * Replaces the key of this server, which somebody else has too: makes another one, has it certified with what only
 * this server's lane was told, and keeps it. After a crash at any point one of both keys is good, and recovery finds
 * out which.
 */
export async function rekeyOnce(options: RenewalOptions, rekeyNonce: Uint8Array): Promise<void> {
  const { dialer, folder, clock, identity, renewed } = options;
  const keyPem = (await folder.nextKey()) ?? newKeyPem();
  await folder.saveNextKey(keyPem);
  const answer = await call(dialer, clock, { csr: makeCsr(createPrivateKey(keyPem)), rekeyNonce });
  const pems = await folder.saveTrust(answer);
  await folder.takeNextKey();
  renewed({ ...identity(), ...pems, keyPem });
}

function call(
  dialer: Dialer,
  clock: Clock,
  request: MessageInitShape<typeof RenewRequestSchema>,
): Promise<RenewResponse> {
  const client = dialer.open();
  return new Promise<RenewResponse>((resolve, reject) => {
    client.makeUnaryRequest(
      renew.path,
      renew.requestSerialize,
      renew.responseDeserialize,
      create(RenewRequestSchema, request),
      { deadline: new Date(clock.now() + CALL_TIMEOUT_MS) },
      (error, answer) => (answer ? resolve(answer) : reject(error ?? new Error('no answer'))),
    );
  }).finally(() => client.close());
}
