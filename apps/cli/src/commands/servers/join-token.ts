import { AppError } from '@ostler/kernel';
import { wholeNumber } from '../../output/number';
import { newRequestId } from '@ostler/sdk';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { CreateJoinTokenResponseSchema, type JoinToken, JoinTokenSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { spanOf } from '../../output/age';
import { parseLabels } from '../../output/labels';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { table } from '../../output/table';

interface CreateOptions {
  readonly description: string;
  readonly hours: string;
  readonly uses: string;
  readonly label: readonly string[];
  readonly waitingRoom?: boolean;
  readonly replaces?: string;
  readonly cloudInit?: boolean;
  readonly output: Format;
}

export function joinTokenCommands(program: Command, context: CommandContext): void {
  const tokens = program
    .command('join-tokens')
    .description('Make, list and revoke tokens with which servers join.');
  tokens
    .command('create')
    .description('Make a token and print the command to run on the server. Shown once.')
    .option('--description <text>', 'what it is for', '')
    .option('--hours <hours>', 'how long it is valid', '1')
    .option('--uses <count>', 'how many servers may join with it', '1')
    .option('-l, --label <key=value...>', 'label of the servers that join with it', [])
    .option('--waiting-room', 'each server waits until somebody lets it in')
    .option('--replaces <server>', 'the machine takes the place of this server; single use')
    .option('--cloud-init', "print cloud-init's user data for a new machine instead")
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((options: CreateOptions) => create(context, options));
  tokens
    .command('list', { isDefault: true })
    .description('List join tokens, with who joined by which.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async ({ output }: { output: Format }) => {
      const { joinTokens } = await context.ostler().fleet.listJoinTokens({});
      await printMessages(context, output, JoinTokenSchema, joinTokens, () => {
        const heads = ['UID', 'DESCRIPTION', 'USED', 'STATE', 'FOR', 'MADE BY', 'JOINED'];
        context.print(table(heads, joinTokens.map(row)));
      });
    });
  tokens
    .command('revoke <uid>')
    .description('Make a token worthless. Servers that joined with it stay.')
    .action(async (uid: string) => {
      await context.ostler().fleet.revokeJoinToken({ requestId: newRequestId(), uid });
      context.print('Revoked.');
    });
}

async function create(context: CommandContext, options: CreateOptions): Promise<void> {
  const answer = await context.ostler().fleet.createJoinToken({
    requestId: newRequestId(),
    description: options.description,
    lifetimeSeconds: secondsOf(options.hours),
    maximumUses: wholeNumber('--uses', options.uses, 1_000_000),
    labels: parseLabels(options.label),
    waitingRoom: options.waitingRoom,
    replacesServer: options.replaces,
  });
  await printMessages(context, options.output, CreateJoinTokenResponseSchema, [answer], () =>
    context.print(options.cloudInit ? answer.cloudInit.trimEnd() : answer.command),
  );
}

/** Parts of an hour are welcome. */
function secondsOf(hours: string): number {
  const seconds = Math.round(Number(hours) * 3600);
  if (seconds > 0) return seconds;
  throw AppError.invalid('--hours', 'NOT_A_NUMBER', `"${hours}" is no number of hours above 0`);
}

function row(token: JoinToken): string[] {
  const left = token.expiresAt ? (timestampDate(token.expiresAt).getTime() - Date.now()) / 1000 : 0;
  const state = token.revoked ? 'revoked' : left <= 0 ? 'expired' : `expires in ${spanOf(left)}`;
  const aims = [
    token.replacesServer && `replaces ${safe(token.replacesServer)}`,
    token.waitingRoom && 'waiting room',
  ];
  const joined = token.usedBy.map(({ server }) => (server === '' ? '(removed)' : safe(server)));
  return [
    token.uid,
    safe(token.description),
    `${token.uses}/${token.maximumUses}`,
    state,
    aims.filter(Boolean).join(', '),
    safe(token.createdBy),
    joined.join(', '),
  ];
}
