import { type ConnectRouter, createRouterTransport, type Transport } from '@connectrpc/connect';
import { createOstler, type Ostler } from '@ostler/sdk';
import { CommandContext } from '../command-context';
import type { Environment } from '../config/environment';
import { buildProgram } from '../program';

export type Routes = (router: ConnectRouter) => void;

const nothing: Environment = { colour: false, contextFile: '/nowhere', cacheFolder: '/nowhere' };

class FakeContext extends CommandContext {
  constructor(
    environment: Partial<Environment>,
    write: (text: string) => void,
    private readonly client: Ostler,
    private readonly over: Transport,
  ) {
    super({ ...nothing, ...environment }, write);
  }

  override ostler(): Ostler {
    return this.client;
  }

  override anonymous(): Ostler {
    return this.client;
  }

  override transport(): Promise<Transport> {
    return Promise.resolve(this.over);
  }
}

export interface Ran {
  readonly output: string;
  readonly exitCode: number;
}

/** Runs a command line against services in memory; an error that the program would report is thrown. */
export function runCommand(routes: Routes, ...args: readonly string[]): Promise<Ran> {
  return runCommandIn({}, routes, ...args);
}

/** The same in an environment that says something. */
export async function runCommandIn(
  environment: Partial<Environment>,
  routes: Routes,
  ...args: readonly string[]
): Promise<Ran> {
  const pieces: string[] = [];
  const transport = createRouterTransport(routes);
  const client = createOstler({ transport });
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    const context = new FakeContext(environment, (text) => pieces.push(text), client, transport);
    const program = await buildProgram(context, args[0]);
    await program.parseAsync(args, { from: 'user' });
    return { output: pieces.join(''), exitCode: Number(process.exitCode) };
  } catch (error) {
    // For tests of commands that print until they are ended.
    throw Object.assign(error as Error, { printed: pieces.join('') });
  } finally {
    process.exitCode = before;
  }
}
