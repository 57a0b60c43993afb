import {
  type Condition,
  ConditionStatus,
  type Operation,
  Operation_State,
  type PlacementStatus,
  type Resource,
  type Rollout,
  Rollout_State,
  type RolloutServer,
  RolloutServer_State,
  type Server,
  Server_State,
} from '@ostler/contracts';
import type { Timestamp } from '@bufbuild/protobuf/wkt';

/** The five states of everything. */
export type HealthState = 'ready' | 'progressing' | 'degraded' | 'failed' | 'unknown';

export interface Health {
  readonly state: HealthState;
  /** The word beside the shape. */
  readonly word: string;
  /** UPPER_SNAKE, for programs; empty when there is nothing to say. */
  readonly reason: string;
  readonly message: string;
  readonly since: Timestamp | undefined;
}

const WORDS: Readonly<Record<HealthState, string>> = {
  ready: 'Ready',
  progressing: 'Progressing',
  degraded: 'Degraded',
  failed: 'Failed',
  unknown: 'Unknown',
};

/** Worst first, for sorting and counting. */
export const healthOrder: readonly HealthState[] = ['failed', 'degraded', 'unknown', 'progressing', 'ready'];

/** Of a resource as it came: what arrives later is another object. Lists of 10,000 ask for it in every comparison. */
export function resourceHealth(resource: Resource): Health {
  let health = known.get(resource);
  if (!health) known.set(resource, (health = healthOfResource(resource)));
  return health;
}

const known = new WeakMap<Resource, Health>();

function healthOfResource({ meta, status }: Resource): Health {
  const placements = status?.placementStatuses ?? [];
  const health = conditionsHealth((status?.conditions ?? []).map((one) => asSaidThere(one, placements)));
  if (meta?.deletedAt) return { ...health, state: 'progressing', word: 'Removing', since: meta.deletedAt };
  const someReady = status !== undefined && status.placementsReady > 0;
  if (health.state === 'failed' && someReady) return { ...health, state: 'degraded', word: WORDS.degraded };
  return health;
}

/** What is true on some server is told in that server's words, with the name of the first one. */
function asSaidThere(condition: Condition, placements: readonly PlacementStatus[]): Condition {
  if (condition.type === 'Ready' || condition.status !== ConditionStatus.TRUE) return condition;
  for (const { serverName, conditions } of placements) {
    const there = conditions.find(
      ({ type, status }) => type === condition.type && status === condition.status,
    );
    if (there) return { ...there, message: `On ${serverName}: ${there.message}` };
  }
  return condition;
}

export function placementHealth(placement: PlacementStatus): Health {
  const health = conditionsHealth(placement.conditions);
  if (placement.removing) return { ...health, state: 'progressing', word: 'Removing' };
  if (placement.stale) return { ...health, state: 'unknown', word: WORDS.unknown };
  return health;
}

function conditionsHealth(conditions: readonly Condition[]): Health {
  const find = (type: string): Condition | undefined => conditions.find((one) => one.type === type);
  const isTrue = (one: Condition | undefined): boolean => one?.status === ConditionStatus.TRUE;
  const ready = find('Ready');
  const progressing = find('Progressing');
  const trouble = [find('Degraded'), find('Drifted')].find(isTrue);
  if (isTrue(ready) && trouble) return healthOf('degraded', trouble);
  if (isTrue(ready)) return healthOf('ready', ready);
  if (isTrue(progressing)) return healthOf('progressing', progressing);
  if (ready?.status === ConditionStatus.FALSE) return healthOf('failed', ready);
  return healthOf('unknown', ready);
}

function healthOf(state: HealthState, condition: Condition | undefined): Health {
  return {
    state,
    word: condition?.type === 'Drifted' ? 'Drifted' : WORDS[state],
    reason: condition?.reason ?? '',
    message: condition?.message ?? 'No server has reported yet.',
    since: condition?.lastTransitionAt,
  };
}

const serverStates: Readonly<Record<Server_State, readonly [HealthState, string, string]>> = {
  [Server_State.UNSPECIFIED]: ['unknown', 'Unknown', ''],
  [Server_State.CONNECTED]: ['ready', 'Connected', 'Its agent speaks with the control plane.'],
  [Server_State.UNKNOWN]: [
    'unknown',
    'Unknown',
    'No word from its agent for a while, or it comes and goes. What it serves goes on.',
  ],
  [Server_State.DOWN]: [
    'failed',
    'Down',
    'Its agent does not answer. Check the server and its network, then: systemctl status ostler-agent.',
  ],
  [Server_State.JOINED]: ['progressing', 'Joined', 'It has joined and will connect in a moment.'],
  [Server_State.REVOKED]: [
    'failed',
    'Revoked',
    'Its trust was ended: its agent is never let in again. What it serves goes on. Replace it by another machine, or remove it.',
  ],
};

/** A hold comes before the rest: nothing reaches the server until somebody has decided. */
export function serverHealth(server: Server): Health {
  if (server.hold) {
    const { message, since } = server.hold;
    return { state: 'degraded', word: 'Held', reason: '', message, since };
  }
  const [state, word, message] = serverStates[server.state];
  return { state, word, reason: '', message, since: server.stateSince };
}

const operationStates: Readonly<Record<Operation_State, readonly [HealthState, string]>> = {
  [Operation_State.UNSPECIFIED]: ['unknown', 'Unknown'],
  [Operation_State.PENDING]: ['progressing', 'Pending'],
  [Operation_State.RUNNING]: ['progressing', 'Running'],
  [Operation_State.SUCCEEDED]: ['ready', 'Succeeded'],
  [Operation_State.FAILED]: ['failed', 'Failed'],
  [Operation_State.CANCELLED]: ['unknown', 'Cancelled'],
  [Operation_State.INTERRUPTED]: ['degraded', 'Interrupted'],
  [Operation_State.EXPIRED]: ['failed', 'Expired'],
};

export function operationHealth(operation: Operation): Health {
  const [state, word] = operationStates[operation.state];
  const since = operation.endedAt ?? operation.startedAt ?? operation.createdAt;
  return { state, word, reason: operation.reason, message: operation.message, since };
}

export function hasEnded({ state }: Operation): boolean {
  return state !== Operation_State.PENDING && state !== Operation_State.RUNNING;
}

const rolloutStates: Readonly<Record<Rollout_State, readonly [HealthState, string]>> = {
  [Rollout_State.UNSPECIFIED]: ['unknown', 'Unknown'],
  [Rollout_State.RUNNING]: ['progressing', 'Running'],
  [Rollout_State.PAUSED]: ['unknown', 'Paused'],
  [Rollout_State.STOPPED]: ['failed', 'Stopped'],
  [Rollout_State.SUCCEEDED]: ['ready', 'Succeeded'],
  [Rollout_State.CANCELLED]: ['unknown', 'Cancelled'],
};

export function rolloutHealth({ state, message, createdAt, endedAt }: Rollout): Health {
  const [health, word] = rolloutStates[state];
  return { state: health, word, reason: '', message, since: endedAt ?? createdAt };
}

export function rolloutHasEnded({ state }: Rollout): boolean {
  return state === Rollout_State.SUCCEEDED || state === Rollout_State.CANCELLED;
}

const rolloutServerStates: Readonly<Record<RolloutServer_State, readonly [HealthState, string]>> = {
  [RolloutServer_State.UNSPECIFIED]: ['unknown', 'Unknown'],
  [RolloutServer_State.WAITING]: ['unknown', 'Waiting'],
  [RolloutServer_State.UPDATING]: ['progressing', 'Updating'],
  [RolloutServer_State.UPDATED]: ['ready', 'Updated'],
  [RolloutServer_State.FAILED]: ['failed', 'Failed'],
  [RolloutServer_State.SKIPPED]: ['unknown', 'Skipped'],
};

export function rolloutServerHealth({ state, message, endedAt }: RolloutServer): Health {
  const [health, word] = rolloutServerStates[state];
  return { state: health, word, reason: '', message, since: endedAt };
}

/** How many of each state, for summaries. */
export function countHealth(states: Iterable<HealthState>): Readonly<Record<HealthState, number>> {
  const counts = { ready: 0, progressing: 0, degraded: 0, failed: 0, unknown: 0 };
  for (const state of states) counts[state] += 1;
  return counts;
}
