import {
  Operation_State as OperationState,
  Rollout_State as RolloutState,
  RolloutServer_State as ServerState,
} from '@ostler/contracts';

/** How long a server that is not connected is waited for, once its stage has begun. */
export const MOST_WAIT_MS = 60 * 60_000;
/** After a successful end, how long a server may take to say hello with the new version. */
const MOST_RETURN_MS = 5 * 60_000;

/** Answers of an agent that mean "not here", and not that something broke. */
const REASONS_TO_SKIP: ReadonlySet<string> = new Set([
  'AGENT_TOO_OLD',
  'CAPABILITY_MISSING',
  'DOWNGRADE_REFUSED',
  'NOT_TAKEN',
  'NO_PACKAGE',
  'POLICY_FORBIDS',
  'POLICY_REFUSED',
]);

/** What is known of one server of a rollout. */
export interface ServerFacts {
  readonly state: ServerState;
  readonly stage: number;
  readonly name: string;
  readonly isConnected: boolean;
  readonly version: string;
  /** Present when the version is of a release that is known here. */
  readonly sequence: bigint | undefined;
  /** Why it cannot or may not update itself; undefined when it can. */
  readonly cannot: string | undefined;
  /** False when it was removed or revoked. */
  readonly isThere: boolean;
  /** Since when its turn has come. */
  readonly sinceMs: number | undefined;
  readonly operation:
    | {
        readonly state: OperationState;
        readonly reason: string;
        readonly message: string;
        readonly endedMs: number | undefined;
      }
    | undefined;
}

export interface Target {
  readonly version: string;
  readonly sequence: bigint;
}

export type Decision =
  | { readonly do: 'nothing' }
  /** Its turn has come, and it is waited for. */
  | { readonly do: 'wait'; readonly message: string }
  | { readonly do: 'start' }
  | { readonly do: 'end'; readonly state: ServerState; readonly message: string };

/** What to do about a server whose turn has come. `mayStart`: nothing is begun while a rollout is paused or stopped. */
export function decide(server: ServerFacts, target: Target, nowMs: number, mayStart: boolean): Decision {
  if (server.state === ServerState.UPDATING) return decideUpdating(server, target, nowMs);
  if (server.state !== ServerState.WAITING || !mayStart) return { do: 'nothing' };
  if (!server.isThere) return skip('The server was removed or revoked.');
  if (server.version === target.version) return skip('It runs this release already.');
  if (server.sequence !== undefined && server.sequence >= target.sequence)
    return skip(`It runs ${server.version}, which is newer.`);
  if (server.cannot !== undefined) return skip(server.cannot);
  if (server.isConnected) return { do: 'start' };
  if (server.sinceMs !== undefined && nowMs - server.sinceMs > MOST_WAIT_MS)
    return skip('It was not connected for an hour. Start another rollout when it is back.');
  return { do: 'wait', message: 'Not connected; waiting for it.' };
}

function decideUpdating(server: ServerFacts, target: Target, nowMs: number): Decision {
  const { operation } = server;
  if (!operation || operation.endedMs === undefined) return { do: 'nothing' };
  if (operation.state === OperationState.SUCCEEDED) {
    if (server.isConnected && server.version === target.version)
      return { do: 'end', state: ServerState.UPDATED, message: '' };
    if (nowMs - operation.endedMs <= MOST_RETURN_MS) return { do: 'nothing' };
    const where = server.isConnected ? `it runs ${server.version}` : 'it is not connected';
    return fail(`It was updated, and did not come back with the new version: ${where}.`);
  }
  if (REASONS_TO_SKIP.has(operation.reason)) return skip(operation.message);
  return fail(`${operation.reason}: ${operation.message}`);
}

const skip = (message: string): Decision => ({ do: 'end', state: ServerState.SKIPPED, message });
const fail = (message: string): Decision => ({ do: 'end', state: ServerState.FAILED, message });

export interface Progress {
  readonly state: RolloutState;
  readonly stage: number;
  readonly stages: number;
}

/** Where a rollout goes next; undefined when it stays. An ended one has nothing more to do. */
export function advance(
  { state, stage, stages }: Progress,
  servers: readonly Pick<ServerFacts, 'state' | 'stage'>[],
): { readonly state: RolloutState; readonly stage: number; readonly ended: boolean } | undefined {
  if (state === RolloutState.CANCELLED) {
    const isBusy = servers.some((server) => server.state === ServerState.UPDATING);
    return isBusy ? undefined : { state, stage, ended: true };
  }
  if (state !== RolloutState.RUNNING) return undefined;
  const isOpen = (server: Pick<ServerFacts, 'state'>): boolean =>
    server.state === ServerState.WAITING || server.state === ServerState.UPDATING;
  if (servers.some((server) => server.stage <= stage && isOpen(server))) return undefined;
  if (stage + 1 < stages) return { state, stage: stage + 1, ended: false };
  return { state: RolloutState.SUCCEEDED, stage, ended: true };
}
