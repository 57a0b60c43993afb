import { newRequestId } from '@ostler/sdk';
import { type ApiToken, ApiTokenSchema, CreateApiTokenResponseSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { wholeNumber } from '../../output/number';
import { type Format, formatOption, printMessages } from '../../output/render';
import { roleName, roleOf } from '../../output/roles';
import { safe } from '../../output/style';
import { table } from '../../output/table';

export function tokenCommands(program: Command, context: CommandContext): void {
  const tokens = program.command('tokens').description('Make, list and revoke API tokens.');
  tokens
    .command('create <name>')
    .description('Make an API token and print it. Shown once.')
    .requiredOption('--role <role>', 'owner, admin, operator or viewer; never above your own')
    .option('--days <days>', 'how long it is valid', '90')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async (name: string, options: { role: string; days: string; output: Format }) => {
      const answer = await context.ostler().identity.createApiToken({
        requestId: newRequestId(),
        name,
        role: roleOf(options.role),
        lifetimeDays: wholeNumber('--days', options.days, 365),
      });
      await printMessages(context, options.output, CreateApiTokenResponseSchema, [answer], () =>
        context.print(answer.token),
      );
    });
  tokens
    .command('list', { isDefault: true })
    .description('List API tokens.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((options: { output: Format }) => list(context, options.output));
  tokens
    .command('revoke <uid>')
    .description('Make an API token worthless.')
    .action(async (uid: string) => {
      await context.ostler().identity.revokeApiToken({ requestId: newRequestId(), uid });
      context.print('Revoked.');
    });
}

async function list(context: CommandContext, format: Format): Promise<void> {
  const { apiTokens } = await context.ostler().identity.listApiTokens({});
  await printMessages(context, format, ApiTokenSchema, apiTokens, () =>
    context.print(table(['UID', 'NAME', 'ROLE', 'OWNER', 'USED', 'STATE'], apiTokens.map(row))),
  );
}

function row(token: ApiToken): string[] {
  return [
    token.uid,
    safe(token.name),
    roleName(token.role),
    safe(token.ownerEmail),
    ageOf(token.lastUsedAt) || 'never',
    token.revoked ? 'revoked' : `expires ${ageOf(token.expiresAt)}`,
  ];
}
