import { create } from '@bufbuild/protobuf';
import { timestampFromMs, timestampNow } from '@bufbuild/protobuf/wkt';
import {
  type CreateJoinTokenRequest,
  JoinTokenSchema,
  JoinTokenUseSchema,
  type JoinToken,
  type Server,
  Server_State,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { makeServer, makeWaitingServer } from '../../builders';
import { personOf } from '../../sessions';
import type { World } from '../../world';
import { type FleetMethods, serverByName } from './methods';

const DAY_SECONDS = 86_400;

export function joinMethods(
  world: World,
): FleetMethods<'createJoinToken' | 'listJoinTokens' | 'revokeJoinToken'> {
  return {
    createJoinToken(request, context) {
      if (request.replacesServer) serverByName(world, request.replacesServer);
      const joinToken = tokenFor(request, personOf(context).email);
      world.joinTokens.set(joinToken.uid, joinToken);
      const steps = world.options.joinAfterSteps;
      if (steps > 0) world.later(steps, () => call(world, joinToken.uid));
      const token = `join_${joinToken.uid.replaceAll('-', '')}`;
      const command = `curl -fsSLk --pinnedpubkey 'sha256//7v1Zc4nM0aHkq2w0m1iJ3oYd6bTq5xW8hJ2rVn9uQ0E=' https://ostler.example:7443/install.sh | sh -s -- --token ${token} --ca sha256:9f86d081884c7d65`;
      return { joinToken, token, command, cloudInit: `#cloud-config\nruncmd:\n  - ${command}\n` };
    },
    listJoinTokens: () => ({ joinTokens: [...world.joinTokens.values()].toReversed() }),
    revokeJoinToken({ uid }) {
      const token = world.joinTokens.get(uid);
      if (token) token.revoked = true;
      return {};
    },
  };
}

function tokenFor(request: CreateJoinTokenRequest, createdBy: string): JoinToken {
  const lifetimeMs = (request.lifetimeSeconds || DAY_SECONDS / 24) * 1000;
  return create(JoinTokenSchema, {
    uid: newUid(),
    description: request.description,
    labels: request.labels,
    createdAt: timestampNow(),
    expiresAt: timestampFromMs(Date.now() + lifetimeMs),
    maximumUses: request.replacesServer ? 1 : request.maximumUses || 1,
    waitingRoom: request.waitingRoom,
    replacesServer: request.replacesServer,
    createdBy,
  });
}

/** The command was run on a machine: it waits to be let in, or joins. */
function call(world: World, tokenUid: string): void {
  const token = world.joinTokens.get(tokenUid);
  if (!token || token.revoked) return;
  const name = token.replacesServer || `new-${world.servers.size + 1}`;
  if (token.waitingRoom) world.putWaiting(makeWaitingServer(name, token));
  else arrive(world, name, token.uid, '192.0.2.210');
}

/** A server says hello, then connects. */
export function arrive(world: World, name: string, tokenUid: string, address: string): Server {
  const token = world.joinTokens.get(tokenUid);
  const replaced = token?.replacesServer ? world.serverByName(token.replacesServer) : undefined;
  const server = replaced
    ? { ...replaced, state: Server_State.JOINED, revokedAt: undefined, stateSince: timestampNow() }
    : makeServer(name, { labels: token?.labels ?? {}, state: Server_State.JOINED });
  if (token) {
    token.uses += 1;
    token.usedBy.push(create(JoinTokenUseSchema, { server: name, joinedAt: timestampNow(), address }));
  }
  world.putServer(server);
  world.later(2, () =>
    world.putServer({ ...server, state: Server_State.CONNECTED, stateSince: timestampNow() }),
  );
  return server;
}
