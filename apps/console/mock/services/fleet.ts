import type { ServiceImpl } from '@connectrpc/connect';
import type { FleetService } from '@ostler/contracts';
import type { World } from '../world';
import { joinMethods } from './fleet/join';
import { selectorMethods } from './fleet/selectors';
import { serverMethods } from './fleet/servers';
import { trustMethods } from './fleet/trust';
import { waitingRoomMethods } from './fleet/waiting-room';

export function fleetService(world: World): ServiceImpl<typeof FleetService> {
  return {
    ...serverMethods(world),
    ...joinMethods(world),
    ...waitingRoomMethods(world),
    ...trustMethods(world),
    ...selectorMethods(world),
  };
}
