import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A forward proxy as companies have them: it tunnels (CONNECT) and answers nothing else. */
export interface ConnectProxy {
  readonly port: number;
  /** host:port of each tunnel that was opened. */
  readonly tunnels: readonly string[];
  close(): Promise<void>;
}

export async function startConnectProxy(host: string): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', ({ url = '' }, client: Socket) => {
    const to = URL.parse(`http://${url}`);
    if (!to) return void client.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    const upstream = connect(
      { host: to.hostname.replace(/^\[|\]$/g, ''), port: Number(to.port || 80) },
      () => {
        tunnels.push(url);
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(upstream).pipe(client);
      },
    );
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      socket.on('error', () => [client, upstream].forEach((one) => one.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    tunnels,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
