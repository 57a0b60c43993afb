import { createPrivateKey, X509Certificate } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { RenewRequestSchema, type RenewResponse, TrustService } from '@ostler/contracts';
import { Backoff, type Clock, messageOf, pause } from '@ostler/kernel';
import { methodDefinition } from '@ostler/link-protocol/grpc';
import type { Log } from '../telemetry';
import { makeCsr } from './csr';
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
    const waitMs = dueMs - clock.now();
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
  const answer = await call(dialer, clock, csr);
  renewed({ ...identity(), ...(await folder.saveTrust(answer)) });
}

function call(dialer: Dialer, clock: Clock, csr: Buffer): Promise<RenewResponse> {
  const client = dialer.open();
  return new Promise<RenewResponse>((resolve, reject) => {
    client.makeUnaryRequest(
      renew.path,
      renew.requestSerialize,
      renew.responseDeserialize,
      create(RenewRequestSchema, { csr }),
      { deadline: new Date(clock.now() + CALL_TIMEOUT_MS) },
      (error, answer) => (answer ? resolve(answer) : reject(error ?? new Error('no answer'))),
    );
  }).finally(() => client.close());
}
