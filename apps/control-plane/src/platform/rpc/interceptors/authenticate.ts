import type { Interceptor } from '@connectrpc/connect';
import { ErrorReason, Permission } from '@ostler/contracts';
import { AppError, systemClock } from '@ostler/kernel';

import { anyCall, type Call } from '../call';
import { rulesOf } from '../method-rules';
import type { Authenticator } from '../ports';
import { RateLimit } from '../rate-limit';

const anonymousRate = { perSecond: 10, burst: 60 };

/** Finds the caller. Calls without one, and wrong credentials, are counted against the address. */
export function authenticate(authenticator: Authenticator): Interceptor {
  const anonymous = new RateLimit(anonymousRate, systemClock);
  return (next) => async (request) => {
    const call = anyCall();
    anonymous.check(call.address);
    call.caller = await authenticator.authenticate(call).catch((error: unknown) => {
      if (error instanceof AppError) anonymous.take(call.address);
      throw error;
    });
    if (!call.caller) {
      anonymous.take(call.address);
      if (!isPublic(call)) throw new AppError(ErrorReason.UNAUTHENTICATED, 'Sign in, or send an API token.');
    }
    return next(request);
  };
}

const recheckAfterMs = 15_000;
const checkedAt = new WeakMap<Call, number>();

/** For streams: a caller whose session ended, or whose role changed, does not keep what was opened before. */
export function authenticateAgain(authenticator: Authenticator): () => Promise<void> {
  return async () => {
    const call = anyCall();
    const now = systemClock.monotonic();
    const last = checkedAt.get(call);
    if (last === undefined) checkedAt.set(call, now);
    if (last === undefined || now - last < recheckAfterMs || isPublic(call)) return;
    checkedAt.set(call, now);
    call.caller = await authenticator.authenticate(call);
    if (!call.caller?.permissions.has(rulesOf(call.method).permission)) {
      throw new AppError(
        ErrorReason.UNAUTHENTICATED,
        'Your session has ended, or your role has changed. Sign in again.',
      );
    }
  };
}

function isPublic(call: Call): boolean {
  return rulesOf(call.method).permission === Permission.PUBLIC;
}
