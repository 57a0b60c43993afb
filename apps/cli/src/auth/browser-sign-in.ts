import { hostname } from 'node:os';
import { type Clock, AppError, pause, systemClock } from '@ostler/kernel';
import {
  ErrorReason,
  type TakeBrowserSignInResponse,
  TakeBrowserSignInResponse_State as State,
} from '@ostler/contracts';
import { explainError, type Ostler } from '@ostler/sdk';

export interface Shown {
  readonly code: string;
  /** Path of the console where a person decides. */
  readonly path: string;
}

const refusals: Partial<Record<State, readonly [ErrorReason, string]>> = {
  [State.DENIED]: [ErrorReason.DENIED, 'It was turned away in the console.'],
  [State.EXPIRED]: [ErrorReason.TOKEN_EXPIRED, 'Nobody has decided in time. Try again.'],
};

/**
 * Signs in through a person who is signed in to the console, so that no password is typed here: shows a code, and
 * asks until somebody has decided about it. A control plane that is away for a moment is asked again.
 *
 * @throws AppError DENIED, TOKEN_EXPIRED
 */
export async function signInByBrowser(
  ostler: Ostler,
  show: (shown: Shown) => Promise<void>,
  clock: Clock = systemClock,
): Promise<TakeBrowserSignInResponse> {
  const begun = await ostler.identity.beginBrowserSignIn({ program: 'ostler CLI', computer: hostname() });
  await show(begun);
  for (;;) {
    await pause(clock, begun.intervalSeconds * 1000);
    const answer = await take(ostler, begun.secret);
    if (answer?.state === State.APPROVED) return answer;
    const refusal = answer && refusals[answer.state];
    if (refusal) throw new AppError(...refusal);
  }
}

async function take(ostler: Ostler, secret: string): Promise<TakeBrowserSignInResponse | undefined> {
  try {
    return await ostler.identity.takeBrowserSignIn({ secret });
  } catch (error) {
    const { reason } = explainError(error);
    if (reason === ErrorReason.UNAVAILABLE || reason === ErrorReason.THROTTLED) return undefined;
    throw error;
  }
}
