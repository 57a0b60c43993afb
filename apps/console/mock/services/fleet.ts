import { create } from '@bufbuild/protobuf';
import { timestampFromMs, timestampNow } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import {
  ErrorReason,
  type FleetService,
  JoinTokenSchema,
  type Server,
  Server_State,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { makeServer } from '../builders';
import { refusal } from '../refuse';
import type { World } from '../world';

export function fleetService(world: World): ServiceImpl<typeof FleetService> {
  return { ...serverMethods(world), ...joinMethods(world) };
}

function serverByName(world: World, name: string): Server {
  const server = world.serverByName(name);
  if (!server) throw refusal(ErrorReason.NOT_FOUND, `There is no server "${name}".`);
  return server;
}

function serverMethods(
  world: World,
): Pick<ServiceImpl<typeof FleetService>, 'listServers' | 'getServer' | 'updateServer' | 'removeServer'> {
  return {
    listServers: () => ({ servers: [...world.servers.values()], total: world.servers.size }),
    getServer: ({ name }) => ({ server: serverByName(world, name) }),
    updateServer({ name, displayName, labels }) {
      const server = { ...serverByName(world, name), displayName, labels };
      return { server: world.putServer(server) };
    },
    removeServer({ name, force }) {
      const server = serverByName(world, name);
      if (server.placements > 0 && !force) {
        throw refusal(
          ErrorReason.REFERENCED,
          `${server.placements} resources are placed on "${name}". Move them, or remove it by force: they go on running there, unmanaged.`,
        );
      }
      world.servers.delete(server.uid);
      world.tell({ case: 'serverRemoved', value: server.uid });
      return { consequence: `"${name}" is forgotten; ${server.placements} placements go on unmanaged.` };
    },
  };
}

function joinMethods(
  world: World,
): Pick<ServiceImpl<typeof FleetService>, 'createJoinToken' | 'listJoinTokens' | 'revokeJoinToken'> {
  return {
    createJoinToken({ description, lifetimeSeconds, maximumUses, labels }) {
      const joinToken = create(JoinTokenSchema, {
        uid: newUid(),
        description,
        labels,
        createdAt: timestampNow(),
        expiresAt: timestampFromMs(Date.now() + (lifetimeSeconds || 3600) * 1000),
        maximumUses: maximumUses || 1,
      });
      world.joinTokens.set(joinToken.uid, joinToken);
      if (world.options.joinAfterSteps > 0) {
        world.later(world.options.joinAfterSteps, () => join(world, joinToken.uid, labels));
      }
      const token = `join_${joinToken.uid.replaceAll('-', '')}`;
      const command = `curl -fsSLk --pinnedpubkey 'sha256//7v1Zc4nM0aHkq2w0m1iJ3oYd6bTq5xW8=' https://ostler.example:7443/join.sh | sudo sh -s -- --token ${token}`;
      return { joinToken, token, command };
    },
    listJoinTokens: () => ({ joinTokens: [...world.joinTokens.values()] }),
    revokeJoinToken({ uid }) {
      const token = world.joinTokens.get(uid);
      if (token) token.revoked = true;
      return {};
    },
  };
}

/** The server on which the command was run says hello, then connects. */
function join(world: World, tokenUid: string, labels: Record<string, string>): void {
  const token = world.joinTokens.get(tokenUid);
  if (!token || token.revoked) return;
  token.uses += 1;
  const server = makeServer(`new-${world.servers.size + 1}`, { labels, state: Server_State.JOINED });
  world.putServer(server);
  world.later(2, () =>
    world.putServer({ ...server, state: Server_State.CONNECTED, stateSince: timestampNow() }),
  );
}
