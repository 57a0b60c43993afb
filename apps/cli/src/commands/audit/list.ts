import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AuditEntry_Outcome as Outcome, type AuditEntry, AuditEntrySchema } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { enumWord } from '../../output/enum-word';
import { wholeNumber } from '../../output/number';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { table } from '../../output/table';

interface AuditOptions {
  readonly actor?: string;
  readonly subject?: string;
  readonly outcome?: keyof typeof outcomes;
  readonly method?: string;
  readonly request?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly output: Format;
}

const outcomes = { done: Outcome.DONE, denied: Outcome.DENIED, refused: Outcome.REFUSED };

export function auditCommands(program: Command, context: CommandContext): void {
  program
    .command('audit')
    .description('List who changed or tried what, the newest first.')
    .option('--actor <name>', 'only by this person or token')
    .option('--subject <text>', 'only about this')
    .addOption(new Option('--outcome <outcome>', 'only what ended so').choices(Object.keys(outcomes)))
    .option('--method <text>', 'only by this method, like ResourceService/Apply')
    .option('--request <id>', 'only of this request: its id or its trace id')
    .option('--since <time>', 'not older: 2h, 3d, or a time like 2026-01-31T12:00:00Z')
    .option('--until <time>', 'older than that')
    .option('--limit <count>', 'how many', '50')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((options: AuditOptions) => list(context, options));
}

async function list(context: CommandContext, options: AuditOptions): Promise<void> {
  const { actor, subject, method, request, outcome, since, until, limit, output } = options;
  const { entries } = await context.ostler().audit.list({
    actor,
    subject,
    method,
    request,
    outcome: outcome && outcomes[outcome],
    since: since === undefined ? undefined : timeOf('--since', since),
    until: until === undefined ? undefined : timeOf('--until', until),
    pageSize: wholeNumber('--limit', limit, 1000),
  });
  await printMessages(context, output, AuditEntrySchema, entries, () =>
    context.print(table(['AGE', 'BY', 'WHAT', 'OUTCOME', 'ABOUT', 'MESSAGE'], entries.map(row))),
  );
}

function row(entry: AuditEntry): string[] {
  return [
    ageOf(entry.createdAt),
    safe(entry.actor),
    safe(entry.method.slice(entry.method.lastIndexOf('.') + 1)),
    enumWord(Outcome, entry.outcome),
    safe(entry.subject),
    safe(entry.message),
  ];
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A moment, or how long ago it was. */
function timeOf(option: string, text: string): Timestamp {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = count && unit ? Date.now() - Number(count) * secondsOf[unit]! * 1000 : Date.parse(text);
  if (Number.isFinite(ms)) return timestampFromDate(new Date(ms));
  throw AppError.invalid(option, 'NOT_A_TIME', `"${text}" is neither a time nor a span like 2h`);
}
