import { create } from '@bufbuild/protobuf';
import {
  AgentReleaseInfoSchema,
  Hold_Cause,
  HoldSchema,
  JoinTokenSchema,
  OrphanedResourceSchema,
  Rollout_State,
  RolloutSchema,
  RolloutServer_State,
  SavedSelectorSchema,
  type Server,
  Server_State,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { daysFromNow, hoursFromNow, makeWaitingServer, minutesAgo } from '../builders';
import type { World } from '../world';

const ACTOR = 'owner@example.test';
const { SUCCEEDED, STOPPED } = Rollout_State;

/** What a fleet has gathered over time: releases, selectors, tokens and who came with them, a past rollout. */
export function addFleet(world: World): void {
  world.releases.push(release('0.2.0', 2n, 1), release('0.1.0', 1n, 41));
  world.selectors.set('prod', create(SavedSelectorSchema, { name: 'prod', labels: { env: 'prod' } }));
  world.selectors.set('fra', create(SavedSelectorSchema, { name: 'fra', labels: { zone: 'fra' } }));
  addJoinTokens(world);
  addRollout(world, '0.1.0', SUCCEEDED, () => RolloutServer_State.UPDATED);
}

function release(version: string, sequence: bigint, daysAgo: number) {
  return create(AgentReleaseInfoSchema, {
    version,
    sequence,
    featureLevel: 1,
    madeAt: daysFromNow(-daysAgo),
    architectures: ['x86_64', 'aarch64'],
  });
}

function addJoinTokens(world: World): void {
  const [first, second] = world.servers.values();
  const used = create(JoinTokenSchema, {
    uid: newUid(),
    description: 'web servers of March',
    createdAt: daysFromNow(-30),
    expiresAt: daysFromNow(-23),
    maximumUses: 8,
    uses: 3,
    labels: { env: 'prod' },
    createdBy: ACTOR,
    usedBy: [
      { server: first?.name ?? '', joinedAt: daysFromNow(-30), address: '192.0.2.17' },
      { server: second?.name ?? '', joinedAt: daysFromNow(-29), address: '192.0.2.18' },
      { server: '', joinedAt: daysFromNow(-29), address: '192.0.2.19' },
    ],
  });
  const open = create(JoinTokenSchema, {
    uid: newUid(),
    description: 'racks in Helsinki',
    createdAt: minutesAgo(50),
    expiresAt: daysFromNow(6),
    maximumUses: 20,
    labels: { zone: 'hel' },
    waitingRoom: true,
    createdBy: 'deploy',
  });
  for (const token of [used, open]) world.joinTokens.set(token.uid, token);
}

function addRollout(
  world: World,
  version: string,
  state: Rollout_State,
  serverState: (server: Server, index: number) => RolloutServer_State,
): void {
  const uid = newUid();
  const servers = [...world.servers.values()].map((server, index) => ({
    serverUid: server.uid,
    serverName: server.name,
    stage: index === 0 ? 0 : 2,
    state: serverState(server, index),
    fromVersion: '0.0.9',
    message: '',
    endedAt: daysFromNow(-30),
  }));
  const ended = state === SUCCEEDED ? daysFromNow(-30) : undefined;
  world.rollouts.set(
    uid,
    create(RolloutSchema, {
      uid,
      version,
      stages: [1, 10, 100],
      stage: 2,
      state,
      servers,
      createdAt: state === SUCCEEDED ? daysFromNow(-30) : minutesAgo(12),
      endedAt: ended,
      actor: ACTOR,
      resourceVersion: 1n,
    }),
  );
}

/** A bad night of the fleet: one held, one revoked, orphans, a stopped rollout, and somebody at the door. */
export function troubleFleet(world: World): void {
  const servers = [...world.servers.values()];
  hold(servers[2]!);
  Object.assign(servers[3]!, {
    state: Server_State.REVOKED,
    stateSince: minutesAgo(90),
    revokedAt: minutesAgo(90),
    lastDisconnect: 'The trust of this server was ended.',
    lastDisconnectAt: minutesAgo(90),
  });
  Object.assign(servers[4]!, {
    lastDisconnect: 'The agent has been silent for too long.',
    lastDisconnectAt: minutesAgo(47),
    certificateExpiresAt: hoursFromNow(-2),
  });
  orphan(servers[0]!);
  const token = [...world.joinTokens.values()].find(({ waitingRoom }) => waitingRoom)!;
  world.putWaiting(makeWaitingServer('hel-rack-4', token));
  addRollout(world, '0.2.0', STOPPED, (_, index) =>
    index === 0
      ? RolloutServer_State.UPDATED
      : index === 1
        ? RolloutServer_State.FAILED
        : RolloutServer_State.WAITING,
  );
  const rollout = [...world.rollouts.values()].at(-1)!;
  rollout.message = `${servers[1]!.name} went back to 0.1.0: the new agent did not come up healthy within 60 s. Look at its diagnose bundle, then go on or cancel.`;
  rollout.servers[1]!.message = 'The new agent did not come up healthy within 60 s; 0.1.0 is back.';
}

function hold(server: Server): void {
  server.hold = create(HoldSchema, {
    cause: Hold_Cause.PUT_BACK,
    message:
      'The counter of its hellos went back from 412 to 388, on the same machine: its disk was put back to an older state, or is a copy.',
    since: minutesAgo(6),
    counterSeen: 388n,
    counterExpected: 412n,
  });
}

function orphan(server: Server): void {
  server.orphans = ['summer-sale', 'old-docs'].map((name) =>
    create(OrphanedResourceSchema, { uid: newUid(), kind: 'SITE', name, generation: 3n }),
  );
  server.localPolicy!.exec = true;
  server.localPolicy!.kinds = ['SITE', 'CERTIFICATE'];
}
