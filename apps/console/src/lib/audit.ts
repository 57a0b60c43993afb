import { type AuditEntry, AuditEntry_Outcome as Outcome } from '@ostler/contracts';
import type { HealthState } from './health';

/** `ostler.api.v1.ResourceService/Apply` as "Resource: apply". */
export function methodText(method: string): string {
  const [, service = method, call = ''] = /([A-Za-z]+?)(?:Service)?\/(\w+)$/.exec(method) ?? [];
  const spaced = call.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return call === '' ? method : `${service}: ${spaced}`;
}

const outcomes: Readonly<Record<Outcome, readonly [HealthState, string]>> = {
  [Outcome.UNSPECIFIED]: ['unknown', 'Unknown'],
  [Outcome.DONE]: ['ready', 'Done'],
  [Outcome.DENIED]: ['failed', 'Denied'],
  [Outcome.REFUSED]: ['degraded', 'Refused'],
};

export function outcomeHealth({ outcome }: AuditEntry): {
  readonly state: HealthState;
  readonly word: string;
} {
  const [state, word] = outcomes[outcome];
  return { state, word };
}
