import type { Interceptor } from '@connectrpc/connect';
import { ErrorReason, Permission } from '@ostler/contracts';
import { AppError, type Clock, systemClock } from '@ostler/kernel';

import { AgentAdmission } from '../agent-admission';
import { anyCall, type Call } from '../call';
import { rulesOf } from '../method-rules';
import type { Authenticator } from '../ports';
import { RateLimit, requirePassing } from '../rate-limit';

export const anonymousRate = { name: 'without-sign-in', perSecond: 10, burst: 60 };

/** Finds the caller. Calls without one, and wrong credentials, are counted against the address. */
export function authenticate(authenticator: Authenticator): Interceptor {
  const anonymous = new RateLimit(anonymousRate, systemClock);
  const agents = new AgentAdmission(systemClock);
  return (next) => async (request) => {
    const call = anyCall();
    if (isOfAgents(call)) {
      agents.take(call.address);
      return next(request);
    }
    call.allowance = anonymous.check(call.address);
    requirePassing(call.allowance);
    call.caller = await authenticator.authenticate(call).catch((error: unknown) => {
      if (error instanceof AppError) takeOne(call, anonymous);
      throw error;
    });
    if (!call.caller) {
      takeOne(call, anonymous);
      if (!isPublic(call)) throw new AppError(ErrorReason.UNAUTHENTICATED, 'Sign in, or send an API token.');
    }
    return next(request);
  };
}

function takeOne(call: Call, limit: RateLimit): void {
  call.allowance = limit.spend(call.address);
  requirePassing(call.allowance);
}

const recheckAfterMs = 15_000;
const checkedAt = new WeakMap<Call, number>();

/** For streams: a caller whose session ended, or who may do less than before, does not keep what was opened. */
export function authenticateAgain(
  authenticator: Authenticator,
  clock: Clock = systemClock,
): () => Promise<void> {
  return async () => {
    const call = anyCall();
    const now = clock.monotonic();
    const last = checkedAt.get(call);
    if (last === undefined) checkedAt.set(call, now);
    if (last === undefined || now - last < recheckAfterMs || !call.caller) return;
    checkedAt.set(call, now);
    const before = call.caller;
    call.caller = await authenticator.authenticate(call);
    const isLess = [...before.permissions].some((permission) => !call.caller?.permissions.has(permission));
    if (isLess || call.caller?.tenantUid !== before.tenantUid) {
      throw new AppError(
        ErrorReason.UNAUTHENTICATED,
        'Your session has ended, or your role has changed. Connect again.',
      );
    }
  };
}

/** Spoken by agents before they have a certificate: their token or key is judged by the method itself. */
function isOfAgents(call: Call): boolean {
  return isPublic(call) && call.method.parent.file.proto.package === 'ostler.link.v1';
}

function isPublic(call: Call): boolean {
  return rulesOf(call.method).permission === Permission.PUBLIC;
}
