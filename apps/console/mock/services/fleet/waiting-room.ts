import { ErrorReason } from '@ostler/contracts';
import { refusal } from '../../refuse';
import type { World } from '../../world';
import { arrive } from './join';
import type { FleetMethods } from './methods';

export function waitingRoomMethods(world: World): FleetMethods<'listWaitingServers' | 'decideWaitingServer'> {
  return {
    listWaitingServers: () => ({ waitingServers: [...world.waiting.values()] }),
    decideWaitingServer({ uid, letIn }) {
      const waiting = world.waiting.get(uid);
      if (!waiting) {
        throw refusal(ErrorReason.CONFLICT, 'This server does not wait any more: somebody has decided.');
      }
      world.removeWaiting(uid);
      return letIn ? { server: arrive(world, waiting.name, waiting.joinTokenUid, waiting.address) } : {};
    },
  };
}
