import { type Server, Server_State } from '@ostler/contracts';
import type { OperationKind } from '../../lib/operations';

/** Why no operation reaches it; undefined when one may. */
export function unreachableText(server: Server): string | undefined {
  if (server.state === Server_State.REVOKED) return 'Its trust was ended: no operation reaches it.';
  if (server.hold) return 'It is held: decide what it is first.';
  return undefined;
}

/** Why this server cannot, in the words of its agent; undefined when it can or has not said. */
export function lackingText({ capabilities }: Server, { needs }: OperationKind): string | undefined {
  const capability = capabilities.find(({ name }) => name === needs);
  return capability?.available === false ? capability.detail : undefined;
}
