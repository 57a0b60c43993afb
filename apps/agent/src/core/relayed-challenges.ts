import { timestampMs } from '@bufbuild/protobuf/wkt';
import { ErrorReason, type ChallengeServe } from '@ostler/contracts';
import { AppError, type Clock } from '@ostler/kernel';
import type { Net } from '../host/net';

export interface RelayedChallengesDeps {
  readonly challenges: {
    serve(token: string, keyAuthorization: string): Promise<void>;
    withdraw(token: string): Promise<void>;
  };
  readonly net: Pick<Net, 'probe'>;
  readonly clock: Clock;
  /** Where this server takes plain HTTP; undefined while it has no nginx. */
  readonly httpPort: () => number | undefined;
}

const LONGEST_MS = 60 * 60_000;
const PROBE_TIMEOUT_MS = 3000;

/**
 * Serves the answer to a challenge that another server of the same name has: the authority may ask either.
 * Resolves when this server was seen to answer.
 */
export async function serveRelayedChallenge(
  challenge: ChallengeServe,
  deps: RelayedChallengesDeps,
): Promise<void> {
  const { challenges, net, clock } = deps;
  const { token, keyAuthorization, domain, expiresAt } = challenge;
  const port = deps.httpPort();
  if (port === undefined) throw new AppError(ErrorReason.CAPABILITY_MISSING, 'This server has no nginx.');
  await challenges.serve(token, keyAuthorization);
  const leftMs = expiresAt ? timestampMs(expiresAt) - clock.now() : LONGEST_MS;
  clock.after(Math.min(LONGEST_MS, Math.max(0, leftMs)), () => void challenges.withdraw(token));
  const path = `/.well-known/acme-challenge/${token}`;
  const seen = await net.probe({
    address: '127.0.0.1',
    port,
    path,
    host: domain,
    tls: false,
    timeoutMs: PROBE_TIMEOUT_MS,
  });
  if (seen.answered && seen.status === 200 && seen.body.trim() === keyAuthorization) return;
  const what = seen.answered ? `nginx answered ${seen.status} for ${domain}` : seen.message;
  throw new AppError(ErrorReason.UNAVAILABLE, `The challenge is not answered on this server: ${what}.`);
}
