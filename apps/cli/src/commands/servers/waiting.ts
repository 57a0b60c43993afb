import { newRequestId } from '@ostler/sdk';
import { AppError } from '@ostler/kernel';
import { ServerSchema, type WaitingServer, WaitingServerSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { table } from '../../output/table';

/** Servers that came with a token whose servers somebody has to let in. */
export function waitingCommands(program: Command, context: CommandContext): void {
  const waiting = program.command('waiting').description('Let in or turn away servers that wait to join.');
  waiting
    .command('list', { isDefault: true })
    .description('List who waits, with the key that `ostler-agent status` shows there.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async ({ output }: { output: Format }) => {
      const { waitingServers } = await context.ostler().fleet.listWaitingServers({});
      await printMessages(context, output, WaitingServerSchema, waitingServers, () => {
        const heads = ['UID', 'NAME', 'HOST', 'FROM', 'WAITS', 'TOKEN', 'KEY'];
        context.print(table(heads, waitingServers.map(row)));
      });
    });
  waiting
    .command('let-in <name-or-uid>')
    .description('Let a server join. Compare its key first.')
    .option('-y, --yes', 'do not ask')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((which: string, options: { yes?: boolean; output: Format }) =>
      decide(context, which, true, options),
    );
  waiting
    .command('reject <name-or-uid>')
    .description('Turn a server away. With the same key it does not come in by this token any more.')
    .option('-y, --yes', 'do not ask')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((which: string, options: { yes?: boolean; output: Format }) =>
      decide(context, which, false, options),
    );
}

function row(one: WaitingServer): string[] {
  return [
    one.uid,
    safe(one.name),
    safe(one.hostname),
    safe(one.address),
    ageOf(one.askedAt),
    safe(one.joinTokenDescription),
    safe(one.keyFingerprint),
  ];
}

async function decide(
  context: CommandContext,
  which: string,
  letIn: boolean,
  { yes = false, output }: { yes?: boolean; output: Format },
): Promise<void> {
  const one = await find(context, which);
  const verb = letIn ? 'Let in' : 'Turn away';
  const question = `${verb} ${safe(one.name)} from ${safe(one.address)} with the key ${safe(one.keyFingerprint)}?`;
  if (!yes && !(await confirm(question))) return context.print('Nothing was changed.');
  const answer = await context
    .ostler()
    .fleet.decideWaitingServer({ requestId: newRequestId(), uid: one.uid, letIn });
  const { server } = answer;
  await printMessages(context, output, ServerSchema, server ? [server] : [], () =>
    context.print(
      letIn ? `${safe(server?.name ?? one.name)} is let in.` : `${safe(one.name)} is turned away.`,
    ),
  );
}

/** @throws AppError when nobody of that name waits, or several do. */
async function find(context: CommandContext, which: string): Promise<WaitingServer> {
  const { waitingServers } = await context.ostler().fleet.listWaitingServers({});
  const found = waitingServers.filter(({ uid, name }) => uid === which || name === which);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw AppError.notFound(`Waiting server ${which}`);
  throw AppError.invalid(
    'name',
    'AMBIGUOUS',
    `${found.length} servers of that name wait: name it by its uid`,
  );
}
