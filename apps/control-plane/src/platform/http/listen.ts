import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

const mostTries = 50;

/**
 * Listens on the port, or on the next one that is free; port 0 lets the kernel choose. Returns the port.
 *
 * @throws when none of the next 50 is free, or the address cannot be used at all.
 */
export async function listenNear(server: Server, host: string, port: number): Promise<number> {
  for (let offset = 0; ; offset++) {
    try {
      return await listenOn(server, host, port === 0 ? 0 : port + offset);
    } catch (error) {
      const isTaken = ['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!isTaken || port === 0 || offset >= mostTries) throw error;
    }
  }
}

export async function listenOn(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
