import { type Agent, get } from 'node:http';
import type { Socket } from 'node:net';

import { waitFor } from '../harness';

const LOOK_EVERY_MS = 2;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Page {
  readonly status: number;
  readonly body: string;
}

/** Connections that carried a request before: Node tells it only of those that were idle in between. */
const shared = new WeakSet<Socket>();

/** Asks for `/` of this domain at an address. Without an agent: on a connection of its own. */
export function pageOf(address: Address, domain: string, agent?: Agent, timeoutMs = 10_000): Promise<Page> {
  return new Promise((resolve, reject) => {
    const request = get(
      { ...address, path: '/', headers: { host: domain }, agent: agent ?? false, timeout: timeoutMs },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => (body += piece));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error(`No answer within ${timeoutMs} ms.`)));
    let onSharedConnection = false;
    request.on('socket', (socket) => {
      onSharedConnection = shared.has(socket);
      shared.add(socket);
    });
    request.on('error', (error) => reject(Object.assign(error, { onSharedConnection })));
  });
}

/** Resolves when new connections get this text. */
export async function served(
  address: Address,
  domain: string,
  body: string,
  { timeoutMs = 60_000, intervalMs = LOOK_EVERY_MS }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<void> {
  await waitFor(
    `${domain} is served`,
    async () => {
      const page = await pageOf(address, domain);
      if (page.body !== body) throw new Error(`it answers ${page.status} ${page.body.slice(0, 80)}`);
      return true;
    },
    { timeoutMs, intervalMs },
  );
}
