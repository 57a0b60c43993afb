import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import {
  type AgentUpdateService,
  ControlRolloutRequest_Action as Action,
  ErrorReason,
  type Rollout,
  Rollout_State as State,
  RolloutSchema,
  RolloutServer_State as ServerState,
  type StartRolloutRequest,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { refusal } from '../refuse';
import { personOf } from '../sessions';
import type { World } from '../world';
import { hasLabels } from './fleet/methods';

const ENDED = new Set([State.SUCCEEDED, State.CANCELLED]);

export function agentUpdateService(world: World): ServiceImpl<typeof AgentUpdateService> {
  return {
    listReleases: () => ({
      releases: world.releases.map((release) => ({
        ...release,
        servers: [...world.servers.values()].filter((one) => one.agentVersion === release.version).length,
      })),
    }),
    startRollout(request, context) {
      refuseUnknownOrSecond(world, request.version);
      const rollout = world.putRollout(rolloutFor(world, request, personOf(context).email));
      world.later(1, () => advance(world, rollout.uid));
      return { rollout };
    },
    getRollout: ({ uid }) => ({ rollout: rolloutByUid(world, uid) }),
    listRollouts: () => ({
      rollouts: [...world.rollouts.values()].toReversed().map((one) => ({ ...one, servers: [] })),
    }),
    controlRollout({ uid, action }) {
      const rollout = world.putRollout(controlled(rolloutByUid(world, uid), action));
      if (rollout.state === State.RUNNING) world.later(1, () => advance(world, uid));
      return { rollout };
    },
  };
}

function rolloutByUid(world: World, uid: string): Rollout {
  const rollout = world.rollouts.get(uid);
  if (!rollout) throw refusal(ErrorReason.NOT_FOUND, 'This rollout does not exist.');
  return rollout;
}

function refuseUnknownOrSecond(world: World, version: string): void {
  if (!world.releases.some((release) => release.version === version)) {
    throw refusal(ErrorReason.NOT_FOUND, `There is no release ${version} of the agent here.`);
  }
  if ([...world.rollouts.values()].some(({ state }) => !ENDED.has(state))) {
    throw refusal(ErrorReason.CONFLICT, 'A rollout has not ended yet. Cancel it, or wait for its end.');
  }
}

function rolloutFor(world: World, request: StartRolloutRequest, actor: string): Rollout {
  const stages = request.stages.length > 0 ? request.stages : request.server ? [100] : [1, 10, 100];
  const servers = [...world.servers.values()].filter((one) =>
    request.server ? one.name === request.server : hasLabels(one, request.selector),
  );
  return create(RolloutSchema, {
    uid: newUid(),
    version: request.version,
    selector: request.selector,
    stages,
    state: State.RUNNING,
    createdAt: timestampNow(),
    actor,
    servers: servers.map((server, index) => ({
      serverUid: server.uid,
      serverName: server.name,
      stage: stages.findIndex((percent) => index < Math.max(1, Math.ceil((percent * servers.length) / 100))),
      state: server.agentVersion === request.version ? ServerState.SKIPPED : ServerState.WAITING,
      message: server.agentVersion === request.version ? 'It runs this release already.' : '',
      fromVersion: server.agentVersion,
    })),
  });
}

/** One server after the other; the stage is that of the one under way. */
function advance(world: World, uid: string): void {
  const rollout = rolloutByUid(world, uid);
  if (rollout.state !== State.RUNNING) return;
  const next = rollout.servers.find(({ state }) => state === ServerState.WAITING);
  if (!next) {
    world.putRollout({ ...rollout, state: State.SUCCEEDED, endedAt: timestampNow() });
    return;
  }
  put(world, uid, next.serverUid, ServerState.UPDATING, next.stage);
  world.later(2, () => {
    put(world, uid, next.serverUid, ServerState.UPDATED, next.stage);
    const server = world.servers.get(next.serverUid);
    if (server) world.putServer({ ...server, agentVersion: rollout.version });
    advance(world, uid);
  });
}

function put(world: World, uid: string, serverUid: string, state: ServerState, stage: number): void {
  const rollout = rolloutByUid(world, uid);
  const servers = rollout.servers.map((one) => (one.serverUid === serverUid ? { ...one, state } : one));
  world.putRollout({ ...rollout, stage, servers });
}

function controlled(rollout: Rollout, action: Action): Rollout {
  if (ENDED.has(rollout.state)) {
    throw refusal(ErrorReason.CONFLICT, 'This rollout has ended. Start another one.');
  }
  switch (action) {
    case Action.PAUSE:
      return { ...rollout, state: State.PAUSED, message: 'Paused; nothing more is begun.' };
    case Action.RESUME:
      return { ...rollout, state: State.RUNNING, message: '' };
    default:
      return { ...rollout, state: State.CANCELLED, message: '', endedAt: timestampNow() };
  }
}
