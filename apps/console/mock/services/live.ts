import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { AsyncQueue } from '@ostler/kernel';
import {
  type LiveService,
  LiveWatchRequest_Topic as Topic,
  Permission,
  permissionsOfRole,
} from '@ostler/contracts';
import { personOf } from '../sessions';
import type { LiveMessage, World } from '../world';

const ALIVE_EVERY_MS = 10_000;

const readPermission: Readonly<Record<Topic, Permission>> = {
  [Topic.UNSPECIFIED]: Permission.UNSPECIFIED,
  [Topic.RESOURCES]: Permission.RESOURCES_READ,
  [Topic.SERVERS]: Permission.SERVERS_READ,
  [Topic.OPERATIONS]: Permission.OPERATIONS_READ,
  [Topic.AUDIT]: Permission.AUDIT_READ,
  [Topic.ROLLOUTS]: Permission.SERVERS_READ,
  [Topic.WAITING_SERVERS]: Permission.SERVERS_READ,
};

export function liveService(world: World): ServiceImpl<typeof LiveService> {
  return {
    getInfo: () => ({ version: '0.1.0', firstRun: world.sessions.size === 0 }),
    watch: ({ topics }, context) => watch(world, topics, context),
  };
}

async function* watch(
  world: World,
  topics: readonly Topic[],
  context: HandlerContext,
): AsyncGenerator<LiveMessage> {
  const may = permissionsOfRole(personOf(context).role);
  const leftOut = topics.filter((topic) => !may.includes(readPermission[topic]));
  const reads = (topic: Topic): boolean => topics.includes(topic) && !leftOut.includes(topic);
  const changes = new AsyncQueue<LiveMessage>();
  const beat = setInterval(() => changes.push({ event: { case: 'alive', value: {} } }), ALIVE_EVERY_MS);
  context.signal.addEventListener('abort', () => changes.close(), { once: true });
  world.watchers.add(changes);
  try {
    yield { event: { case: 'begun', value: {} } };
    for (const event of present(world, reads)) yield { event };
    yield { event: { case: 'synced', value: { leftOut } } };
    for await (const change of changes)
      if (change.event?.case === 'alive' || reads(topicOf(change))) yield change;
  } finally {
    clearInterval(beat);
    world.watchers.delete(changes);
  }
}

function* present(world: World, reads: (topic: Topic) => boolean): Generator<LiveMessage['event']> {
  if (reads(Topic.RESOURCES)) {
    for (const value of world.resources.values()) yield { case: 'resourceChanged', value };
  }
  if (reads(Topic.SERVERS)) {
    for (const value of world.servers.values()) yield { case: 'serverChanged', value };
  }
  if (reads(Topic.OPERATIONS)) {
    for (const value of world.operations.values()) yield { case: 'operationChanged', value };
  }
  if (reads(Topic.AUDIT)) {
    for (const value of world.audit.slice(0, 100)) yield { case: 'auditEntry', value };
  }
  if (reads(Topic.ROLLOUTS)) {
    for (const value of world.rollouts.values()) yield { case: 'rolloutChanged', value };
  }
  if (reads(Topic.WAITING_SERVERS)) {
    for (const value of world.waiting.values()) yield { case: 'waitingServerChanged', value };
  }
}

function topicOf({ event }: LiveMessage): Topic {
  switch (event?.case) {
    case 'resourceChanged':
    case 'resourceRemoved':
      return Topic.RESOURCES;
    case 'operationChanged':
      return Topic.OPERATIONS;
    case 'auditEntry':
      return Topic.AUDIT;
    case 'rolloutChanged':
      return Topic.ROLLOUTS;
    case 'waitingServerChanged':
    case 'waitingServerRemoved':
      return Topic.WAITING_SERVERS;
    default:
      return Topic.SERVERS;
  }
}
