import { Hold_Cause } from '@ostler/contracts';

/** What is known of the hellos of a server that were let in. */
export interface HelloHistory {
  /** Highest counter; 0 when none of its agents ever counted. */
  readonly counter: bigint;
  /** Of the last one; empty when it did not say. */
  readonly machine: string;
}

export interface CountedHello {
  readonly counter: bigint;
  readonly machine: string;
}

/** Another agent that speaks for the same server at this moment. */
export interface LiveAgent {
  readonly machine: string;
}

export type Judgement =
  | { readonly hold: false }
  | { readonly hold: true; readonly cause: Hold_Cause; readonly message: string };

/**
 * Whether a hello may be of the server itself. An agent raises its counter durably before each hello, so a
 * counter that was seen before comes from a disk that was copied or put back. Two machines at once are two
 * whatever they count. Pure; who is held goes on serving, and an operator decides.
 */
export function judgeHello(known: HelloHistory, hello: CountedHello, live: LiveAgent | undefined): Judgement {
  const isOtherMachine = differ(known.machine, hello.machine);
  const areTwo = live !== undefined && differ(live.machine, hello.machine);
  const isRaised = hello.counter > known.counter || (hello.counter === 0n && known.counter === 0n);
  if (isRaised && !areTwo) return { hold: false };
  if (areTwo || isOtherMachine || live)
    return { hold: true, cause: Hold_Cause.COPIED, message: copied(live) };
  return { hold: true, cause: Hold_Cause.PUT_BACK, message: putBack(known, hello) };
}

const differ = (one: string, other: string): boolean => one !== '' && other !== '' && one !== other;

function copied(live: LiveAgent | undefined): string {
  const beside = live ? ' while the other one is connected' : '';
  return (
    `A second agent speaks with the key of this server${beside}: its disk was copied. The one that is held serves ` +
    'on and gets no changes. If it is the copy, it is told to forget who it is, and the server makes a new key. ' +
    'If it is the server, it makes a new key and goes on, and the other one is not let in any more.'
  );
}

function putBack(known: HelloHistory, hello: CountedHello): string {
  return (
    `The agent counts ${hello.counter} where ${known.counter} was seen before: this server was put back to an ` +
    'older state, as by a snapshot, or its disk was copied. It serves on and gets no changes. If it is the server, ' +
    'it is brought up to date. If it is a copy, it is told to forget who it is, and stops.'
  );
}
