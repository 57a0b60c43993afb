import { create } from '@bufbuild/protobuf';
import {
  ErrorReason,
  type RemoveServerResponse,
  RemoveServerResponseSchema,
  type Server,
} from '@ostler/contracts';
import { isEnded } from '../../operations';
import { placedOn } from '../../placements';
import { refusal } from '../../refuse';
import type { World } from '../../world';
import { checkConnection } from './connection-check';
import { type FleetMethods, hasLabels, serverByName } from './methods';

export function serverMethods(
  world: World,
): FleetMethods<'listServers' | 'getServer' | 'updateServer' | 'removeServer' | 'checkConnection'> {
  return {
    listServers({ labels, search }) {
      const servers = [...world.servers.values()].filter(
        (server) => hasLabels(server, labels) && server.name.includes(search),
      );
      return { servers, total: servers.length };
    },
    getServer: ({ name }) => ({ server: serverByName(world, name) }),
    updateServer({ name, displayName, labels }) {
      const server = { ...serverByName(world, name), displayName, labels };
      return { server: world.putServer(server) };
    },
    removeServer({ name, force, dryRun }) {
      const server = serverByName(world, name);
      const consequence = removalOf(world, server);
      if (dryRun) return consequence;
      refuseUnforced(server, force);
      world.servers.delete(server.uid);
      world.tell({ case: 'serverRemoved', value: server.uid });
      return consequence;
    },
    checkConnection: ({ name }) => checkConnection(serverByName(world, name)),
  };
}

function refuseUnforced(server: Server, force: boolean): void {
  if (server.placements === 0 || force) return;
  throw refusal(
    ErrorReason.REFERENCED,
    `${server.placements} resources are placed on "${server.name}". Move them, or remove it by force: they go on running there, unmanaged.`,
  );
}

function removalOf(world: World, server: Server): RemoveServerResponse {
  const placed = [...world.resources.values()].filter((one) => placedOn(world, one).includes(server));
  const only = placed.filter((one) => placedOn(world, one).length === 1);
  const domains = only.flatMap(({ spec }) => (spec.case === 'site' ? spec.value.domains : []));
  const operations = [...world.operations.values()].filter(
    (one) => one.serverUid === server.uid && !isEnded(one),
  );
  return create(RemoveServerResponseSchema, {
    consequence: `"${server.name}" is forgotten; what runs there goes on, unmanaged.`,
    placedOnlyThere: only.length,
    placedElsewhereToo: placed.length - only.length,
    domains,
    runningOperations: operations.length,
  });
}
