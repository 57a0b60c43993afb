import { AuditEntry_Outcome, AuditEntrySchema } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { enumWord } from '../../output/enum-word';
import { type Format, formatOption, printJson } from '../../output/render';
import { safe } from '../../output/style';
import { table } from '../../output/table';

interface AuditOptions {
  readonly actor?: string;
  readonly subject?: string;
  readonly limit: string;
  readonly output: Format;
}

export function auditCommands(program: Command, context: CommandContext): void {
  program
    .command('audit')
    .description('List who changed or tried what, the newest first.')
    .option('--actor <name>', 'only by this person or token')
    .option('--subject <text>', 'only about this')
    .option('--limit <count>', 'how many', '50')
    .addOption(formatOption(['table', 'json']))
    .action((options: AuditOptions) => list(context, options));
}

async function list(context: CommandContext, options: AuditOptions): Promise<void> {
  const { actor, subject } = options;
  const { entries } = await context.ostler().audit.list({ actor, subject, pageSize: Number(options.limit) });
  if (options.output === 'json') return printJson(context, AuditEntrySchema, entries);
  const rows = entries.map((entry) => [
    ageOf(entry.createdAt),
    safe(entry.actor),
    safe(entry.method.slice(entry.method.lastIndexOf('.') + 1)),
    enumWord(AuditEntry_Outcome, entry.outcome),
    safe(entry.subject),
    safe(entry.message),
  ]);
  context.print(table(['AGE', 'BY', 'WHAT', 'OUTCOME', 'ABOUT', 'MESSAGE'], rows));
}
