import { newRequestId } from '@ostler/sdk';
import { type RemoveServerResponse, RemoveServerResponseSchema, ServerSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';

interface RemoveOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly output: Format;
}

interface RevokeOptions {
  readonly reason: string;
  readonly yes?: boolean;
  readonly output: Format;
}

/** The two ways in which the control plane parts from a server. What runs there goes on in both. */
export function endCommands(servers: Command, context: CommandContext): void {
  servers
    .command('revoke <name>')
    .description('End the trust of a server: its lanes end within 2 s and its key is never let in again.')
    .option('--reason <text>', 'for the audit, and for who finds it later', '')
    .option('-y, --yes', 'do not ask')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((name: string, options: RevokeOptions) => revoke(context, name, options));
  servers
    .command('remove <name>')
    .description('Forget a server, after saying what that means. Its workloads go on.')
    .option('--force', 'even while resources are placed on it')
    .option('--dry-run', 'only say what it would mean')
    .option('-y, --yes', 'do not ask')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((name: string, options: RemoveOptions) => remove(context, name, options));
}

async function revoke(context: CommandContext, name: string, options: RevokeOptions): Promise<void> {
  const { reason, yes, output } = options;
  const question = `End the trust of ${name} for good? What runs there goes on, and nothing manages it any more.`;
  if (!yes && !(await confirm(question))) return context.print('Nothing was changed.');
  const { server } = await context.ostler().fleet.revokeServer({ requestId: newRequestId(), name, reason });
  await printMessages(context, output, ServerSchema, server ? [server] : [], () => {
    context.print(`${safe(name)} is revoked.`);
    context.print(`To put a machine in its place: ostler join-tokens create --replaces ${safe(name)}`);
  });
}

async function remove(context: CommandContext, name: string, options: RemoveOptions): Promise<void> {
  const { force = false, dryRun = false, yes = false, output } = options;
  const { fleet } = context.ostler();
  const show = (removal: RemoveServerResponse): Promise<void> =>
    printMessages(context, output, RemoveServerResponseSchema, [removal], () =>
      printRemoval(context, removal),
    );
  if (dryRun || !yes) {
    const preview = await fleet.removeServer({ requestId: newRequestId(), name, force, dryRun: true });
    if (dryRun) return show(preview);
    process.stderr.write(`${removalText(preview)}\n`);
    if (!(await confirm(`Remove the server ${name}?`))) return context.print('Nothing was changed.');
  }
  await show(await fleet.removeServer({ requestId: newRequestId(), name, force }));
}

function printRemoval(context: CommandContext, removal: RemoveServerResponse): void {
  context.print(removalText(removal));
}

function removalText({ consequence, domains }: RemoveServerResponse): string {
  const lines = [safe(consequence, { block: true })];
  if (domains.length > 0) lines.push(`Served nowhere else: ${domains.map((one) => safe(one)).join(', ')}`);
  return lines.join('\n');
}
