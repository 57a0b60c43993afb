import { Agent } from 'node:http';

import { type Address, pageOf } from './page';
import { timeAtRate } from './statistics';

export interface LoadOptions {
  readonly address: Address;
  readonly domain: string;
  readonly perSecond: number;
  /** Share connections between requests, with the one retry that HTTP allows (RFC 9110, 9.2.2; RFC 9112, 9.3.1). */
  readonly keepAlive: boolean;
  /** Says what is wrong with an answer. */
  readonly problemOf: (body: string, status: number) => string | undefined;
}

export interface Load {
  /** Ends it and says how it went. */
  readonly stop: () => Promise<LoadOutcome>;
}

export interface LoadOutcome {
  readonly requests: number;
  /** In words, one for each request that failed. */
  readonly failures: readonly string[];
  /** Requests sent once more because a shared connection had been closed under them. */
  readonly retries: number;
  readonly milliseconds: readonly number[];
}

const STEP_SECONDS = 1;

/** Asks for one page at a steady rate until it is stopped. */
export function startLoad(options: LoadOptions): Load {
  const agent = options.keepAlive ? new Agent({ keepAlive: true, maxSockets: 64 }) : undefined;
  const outcome = { failures: [] as string[], retries: 0, milliseconds: [] as number[] };
  let isStopped = false;
  const ask = async (through?: Agent): Promise<void> => {
    const page = await pageOf(options.address, options.domain, through);
    const problem = options.problemOf(page.body, page.status);
    if (problem !== undefined) outcome.failures.push(problem);
  };
  const request = async (): Promise<void> => {
    try {
      await ask(agent).catch((error: unknown) => {
        if (!wasClosedUnderIt(error)) throw error;
        outcome.retries += 1;
        // Any other shared connection may be closing too.
        return ask();
      });
    } catch (error) {
      outcome.failures.push(error instanceof Error ? error.message : String(error));
    }
  };
  const running = (async () => {
    while (!isStopped)
      outcome.milliseconds.push(...(await timeAtRate(options.perSecond, STEP_SECONDS, request)));
  })();
  return {
    stop: async () => {
      isStopped = true;
      await running;
      agent?.destroy();
      return { ...outcome, requests: outcome.milliseconds.length };
    },
  };
}

/** A client cannot know that the server was closing an idle connection as it sent; a GET is sent again. */
function wasClosedUnderIt(error: unknown): boolean {
  const { code, onSharedConnection } = error as { code?: string; onSharedConnection?: boolean };
  return onSharedConnection === true && (code === 'ECONNRESET' || code === 'EPIPE');
}
