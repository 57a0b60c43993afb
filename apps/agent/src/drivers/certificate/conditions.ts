import { create } from '@bufbuild/protobuf';
import { type Condition, ConditionSchema, ConditionStatus } from '@ostler/contracts';
import type { Chain } from './chain';
import type { Attempts } from './schedule';

const DAY_MS = 86_400_000;

function condition(type: string, status: ConditionStatus, reason: string, message: string): Condition {
  return create(ConditionSchema, { type, status, reason, message });
}

/** There is a certificate: Ready while it is valid, Degraded when its renewal fails. */
export function conditionsOf(chain: Chain, attempts: Attempts, nowMs: number): Condition[] {
  const days = Math.floor((chain.notAfterMs - nowMs) / DAY_MS);
  const until = new Date(chain.notAfterMs).toISOString();
  const failing = attempts.failuresInARow > 0;
  const renewal = failing ? ` Renewal fails: ${attempts.lastMessage}` : '';
  const ready =
    nowMs < chain.notAfterMs
      ? condition('Ready', ConditionStatus.TRUE, 'VALID', `Valid for ${days} more days, until ${until}.`)
      : condition('Ready', ConditionStatus.FALSE, 'EXPIRED', `It expired at ${until}.${renewal}`);
  if (!failing) return [ready];
  return [ready, condition('Degraded', ConditionStatus.TRUE, attempts.lastReason, attempts.lastMessage)];
}

/** There is none yet. */
export function missingConditions(reason: string, message: string, progressing: boolean): Condition[] {
  const ready = condition('Ready', ConditionStatus.FALSE, reason, message);
  return progressing ? [ready, condition('Progressing', ConditionStatus.TRUE, reason, message)] : [ready];
}
