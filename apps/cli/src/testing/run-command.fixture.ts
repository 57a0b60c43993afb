import { type ConnectRouter, createRouterTransport, type Transport } from '@connectrpc/connect';
import { createOstler, type Ostler } from '@ostler/sdk';
import { CommandContext } from '../command-context';
import { buildProgram } from '../program';

class FakeContext extends CommandContext {
  constructor(
    write: (text: string) => void,
    private readonly client: Ostler,
    private readonly over: Transport,
  ) {
    super({ colour: false, contextFile: '/nowhere', cacheFolder: '/nowhere' }, write);
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
export async function runCommand(
  routes: (router: ConnectRouter) => void,
  ...args: readonly string[]
): Promise<Ran> {
  const pieces: string[] = [];
  const transport = createRouterTransport(routes);
  const client = createOstler({ transport });
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    const context = new FakeContext((text) => pieces.push(text), client, transport);
    const program = await buildProgram(context, args[0]);
    await program.parseAsync(args, { from: 'user' });
    return { output: pieces.join(''), exitCode: Number(process.exitCode) };
  } finally {
    process.exitCode = before;
  }
}
