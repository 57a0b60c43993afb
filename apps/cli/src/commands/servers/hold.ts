import { newRequestId } from '@ostler/sdk';
import { AppError } from '@ostler/kernel';
import { DecideHoldRequest_Decision as Decision } from '@ostler/contracts';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { safe } from '../../output/style';

interface DecideOptions {
  readonly isTheServer?: boolean;
  readonly isACopy?: boolean;
  readonly yes?: boolean;
}

const consequences: Readonly<Partial<Record<Decision, string>>> = {
  [Decision.IS_THE_SERVER]: 'Its counter goes on from what it says now, and it gets its manifest again.',
  [Decision.IS_A_COPY]: 'What speaks now is told to forget who it is, and stops. The server itself goes on.',
};

/** A server whose counter went back waits for somebody to decide; what runs there goes on meanwhile. */
export function holdCommands(servers: Command, context: CommandContext): void {
  servers
    .command('hold')
    .description('Decide about a server that is held because it looks copied, or put back to an older state.')
    .command('decide <name>')
    .description('Say what it is.')
    .option('--is-the-server', 'the server itself, put back to an older state')
    .option('--is-a-copy', 'a copy of it: it is told to forget who it is')
    .option('-y, --yes', 'do not ask')
    .action((name: string, options: DecideOptions) => decide(context, name, options));
}

async function decide(context: CommandContext, name: string, options: DecideOptions): Promise<void> {
  const { isTheServer = false, isACopy = false, yes } = options;
  if (isTheServer === isACopy) {
    throw AppError.invalid('decision', 'REQUIRED', 'say either --is-the-server or --is-a-copy');
  }
  const decision = isTheServer ? Decision.IS_THE_SERVER : Decision.IS_A_COPY;
  if (!yes) {
    const { server } = await context.ostler().fleet.getServer({ name });
    if (server?.hold) context.print(safe(server.hold.message));
    if (!(await confirm(`${consequences[decision]} Decide so about ${name}?`)))
      return context.print('Nothing was changed.');
  }
  await context.ostler().fleet.decideHold({ requestId: newRequestId(), name, decision });
  context.print(`${safe(name)} is not held any more. ${consequences[decision]}`);
}
