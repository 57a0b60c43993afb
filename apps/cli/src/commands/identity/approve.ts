import { newRequestId } from '@ostler/sdk';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { safe } from '../../output/style';

/** For who is signed in here and wants to let another program in, as the page of the console does. */
export function approveCommand(program: Command, context: CommandContext): void {
  program
    .command('approve <code>')
    .description('Let the program in that shows this code: it will act as you. Or turn it away.')
    .option('--deny', 'turn it away')
    .option('-y, --yes', 'do not ask')
    .action((code: string, options: { deny?: boolean; yes?: boolean }) => decide(context, code, options));
}

async function decide(
  context: CommandContext,
  code: string,
  { deny = false, yes = false }: { deny?: boolean; yes?: boolean },
): Promise<void> {
  const { identity } = context.ostler();
  const { browserSignIn: found } = await identity.getBrowserSignIn({ code });
  const who = `${safe(found?.program ?? '')} on ${safe(found?.computer || 'a computer that it does not name')}`;
  const question = `Let ${who} in, which calls from ${safe(found?.address ?? '')}? It will act as you.`;
  if (!deny && !yes && !(await confirm(question))) return context.print('Nothing was changed.');
  await identity.decideBrowserSignIn({ requestId: newRequestId(), code, approve: !deny });
  context.print(deny ? `${who} is turned away.` : `${who} is let in.`);
}
