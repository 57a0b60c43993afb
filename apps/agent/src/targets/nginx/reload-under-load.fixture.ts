import { Agent, request } from 'node:http';

export interface LoadResult {
  readonly sent: number;
  readonly failed: readonly string[];
}

export interface LoadOptions {
  readonly port: number;
  readonly host: string;
  readonly perSecond: number;
  /** Reuse connections; a request on one that nginx closed meanwhile is sent again once, as HTTP allows for GET. */
  readonly keepAlive: boolean;
}

/** Sends requests at a steady rate until it is told to end. */
export function startLoad(options: LoadOptions): { end(): Promise<LoadResult> } {
  const failed: string[] = [];
  const pending = new Set<Promise<void>>();
  const agent = new Agent({ keepAlive: options.keepAlive, maxSockets: 200 });
  const begin = performance.now();
  let sent = 0;
  const send = (): void => {
    const due = Math.floor(((performance.now() - begin) / 1000) * options.perSecond);
    for (; sent < due; sent += 1) {
      const one = askOnce(options, agent)
        .catch((error: unknown) =>
          options.keepAlive ? askOnce(options, agent, true) : Promise.reject(error as Error),
        )
        .catch((error: unknown) => void failed.push(String(error)));
      pending.add(one);
      void one.finally(() => pending.delete(one));
    }
  };
  const timer = setInterval(send, 5);
  return {
    async end() {
      clearInterval(timer);
      await Promise.all(pending);
      agent.destroy();
      return { sent, failed };
    },
  };
}

function askOnce({ port, host, keepAlive }: LoadOptions, agent: Agent, isFresh = false): Promise<void> {
  return new Promise((resolve, reject) => {
    const pooled = keepAlive && !isFresh;
    const outgoing = request({ host: '127.0.0.1', port, headers: { host }, agent: pooled ? agent : false });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
      );
    });
    outgoing.end();
  });
}
