import type { ServiceImpl } from '@connectrpc/connect';
import { ErrorReason, type FleetService, type Server } from '@ostler/contracts';
import { refusal } from '../../refuse';
import type { World } from '../../world';

/** Some methods of the fleet's service. */
export type FleetMethods<Name extends keyof ServiceImpl<typeof FleetService>> = Pick<
  ServiceImpl<typeof FleetService>,
  Name
>;

export function serverByName(world: World, name: string): Server {
  const server = world.serverByName(name);
  if (!server) throw refusal(ErrorReason.NOT_FOUND, `There is no server "${name}".`);
  return server;
}

export function hasLabels(server: Server, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => server.labels[key] === value);
}
