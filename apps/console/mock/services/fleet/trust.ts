import { timestampNow } from '@bufbuild/protobuf/wkt';
import { DecideHoldRequest_Decision as Decision, ErrorReason, Server_State } from '@ostler/contracts';
import { refusal } from '../../refuse';
import { personOf } from '../../sessions';
import type { World } from '../../world';
import { type FleetMethods, serverByName } from './methods';

export function trustMethods(world: World): FleetMethods<'revokeServer' | 'decideHold' | 'discardOrphans'> {
  return {
    revokeServer({ name, reason }, context) {
      const server = world.putServer({
        ...serverByName(world, name),
        state: Server_State.REVOKED,
        stateSince: timestampNow(),
        revokedAt: timestampNow(),
        lastDisconnect: `Its trust was ended by ${personOf(context).email}${reason && `: ${reason}`}.`,
        lastDisconnectAt: timestampNow(),
      });
      return { server };
    },
    decideHold({ name, decision }) {
      const server = serverByName(world, name);
      if (!server.hold) {
        throw refusal(ErrorReason.CONFLICT, `"${name}" is not held: somebody has decided already.`);
      }
      const state = decision === Decision.IS_THE_SERVER ? Server_State.CONNECTED : server.state;
      return { server: world.putServer({ ...server, state, hold: undefined }) };
    },
    discardOrphans({ name, uids }) {
      const server = serverByName(world, name);
      world.later(2, () => {
        const present = world.servers.get(server.uid);
        if (!present) return;
        world.putServer({ ...present, orphans: present.orphans.filter(({ uid }) => !uids.includes(uid)) });
      });
      return { server };
    },
  };
}
