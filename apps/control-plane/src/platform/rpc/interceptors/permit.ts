import type { Interceptor } from '@connectrpc/connect';
import { ErrorReason, IdentityService, Permission } from '@ostler/contracts';
import { AppError, systemClock } from '@ostler/kernel';

import { anyCall, type Call, type Caller } from '../call';
import { denied } from '../denial';
import { rulesOf } from '../method-rules';
import { RateLimit, requirePassing } from '../rate-limit';

/** What somebody with a first password may do: see who they are, change it, leave. */
const beforePasswordChange = new Set<unknown>([
  IdentityService.method.whoAmI,
  IdentityService.method.changePassword,
  IdentityService.method.signOut,
]);

export const callRate = { name: 'reads', perSecond: 500, burst: 1_000 };
export const mutationRate = { name: 'changes', perSecond: 200, burst: 1_000 };

/** The caller may call this method, and not too often. */
export function permit(): Interceptor {
  const reads = new RateLimit(callRate, systemClock);
  const changes = new RateLimit(mutationRate, systemClock);
  return (next) => (request) => {
    const call = anyCall();
    const rules = rulesOf(call.method);
    if (rules.permission !== Permission.PUBLIC) checkPermission(call, rules.permission);
    if (call.caller) {
      const key = call.caller.apiTokenUid ?? call.caller.personUid;
      call.allowance = (rules.isMutation ? changes : reads).spend(key);
      requirePassing(call.allowance);
    }
    return next(request);
  };
}

function checkPermission(call: Call, permission: Permission): void {
  const caller = call.caller as Caller;
  if (caller.mustChangePassword && !beforePasswordChange.has(call.method)) {
    throw new AppError(
      ErrorReason.PASSWORD_CHANGE_REQUIRED,
      'Change your first password before anything else.',
    );
  }
  if (!caller.permissions.has(permission)) {
    throw denied(caller, permission, 'do this');
  }
}
