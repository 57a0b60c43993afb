import { ErrorReason, OperationReport_State as State, type OperationReport } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';
import type { Outcome } from './operation.port';
import { UnitLost } from './running-operation';

const MOST_MESSAGE_CHARACTERS = 1000;

/** How an operation ended, as it is journalled. */
export type Ending = Pick<OperationReport, 'state'> &
  Partial<Pick<OperationReport, 'reason' | 'message' | 'exitCode'>>;

export const CANCELLED: Ending = {
  state: State.CANCELLED,
  reason: 'CANCELLED',
  message: 'It was cancelled.',
};
export const EXPIRED: Ending = {
  state: State.EXPIRED,
  reason: 'DEADLINE_EXCEEDED',
  message: 'Its deadline passed; what it had started was ended.',
};
export const INTERRUPTED: Ending = {
  state: State.INTERRUPTED,
  reason: 'INTERRUPTED',
  message:
    'The agent or the server went down while it ran, and it is not known how far it came. Look at the server, then start it again if that is right.',
};
export const UNKNOWN_KIND: Ending = {
  state: State.FAILED,
  reason: 'AGENT_TOO_OLD',
  message: 'This agent does not know this operation; update the agent on this server.',
};

export function endingOf({ state, reason = '', message, exitCode }: Outcome): Ending {
  return { state, reason, message: message.slice(0, MOST_MESSAGE_CHARACTERS), exitCode };
}

export function endingOfError(error: unknown, signal: AbortSignal): Ending {
  if (error instanceof UnitLost) return INTERRUPTED;
  if (signal.aborted) return signal.reason === 'expired' ? EXPIRED : CANCELLED;
  const reason = error instanceof AppError ? (ErrorReason[error.reason] ?? 'INTERNAL') : 'INTERNAL';
  return { state: State.FAILED, reason, message: messageOf(error).slice(0, MOST_MESSAGE_CHARACTERS) };
}
