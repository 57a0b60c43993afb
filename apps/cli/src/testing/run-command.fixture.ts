import { type ConnectRouter, createRouterTransport } from '@connectrpc/connect';
import { createOstler, type Ostler } from '@ostler/sdk';
import { CommandContext } from '../command-context';
import { buildProgram } from '../program';

class FakeContext extends CommandContext {
  constructor(
    write: (text: string) => void,
    private readonly client: Ostler,
  ) {
    super({ colour: false, contextFile: '/nowhere', url: undefined, token: undefined }, write);
  }

  override ostler(): Ostler {
    return this.client;
  }
}

export interface Ran {
  readonly output: string;
  readonly exitCode: number;
}

/** Runs a command line against services in memory; an error that the program would report is thrown. */
export async function runCommand(
  routes: (router: ConnectRouter) => void,
  ...args: readonly string[]
): Promise<Ran> {
  const pieces: string[] = [];
  const client = createOstler({ transport: createRouterTransport(routes) });
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await buildProgram(new FakeContext((text) => pieces.push(text), client)).parseAsync(args, {
      from: 'user',
    });
    return { output: pieces.join(''), exitCode: Number(process.exitCode) };
  } finally {
    process.exitCode = before;
  }
}
