import { GetInfoResponseSchema, Limit_Unit as Unit, type Limit, LimitSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { table } from '../../output/table';
import { VERSION } from '../../version';

/** What the control plane is and what it bounds. */
export function statusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('Show the versions of this program and of the control plane. Needs no sign-in.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async ({ output }: { output: Format }) => {
      const info = await context.anonymous(context.url).live.getInfo({});
      await printMessages(context, output, GetInfoResponseSchema, [info], () => {
        context.print(`ostler         ${VERSION}`);
        context.print(`control plane  ${safe(info.version)} at ${safe(context.url)}`);
      });
    });
  program
    .command('limits')
    .description('List every limit of the control plane, what happens at it and which setting changes it.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async ({ output }: { output: Format }) => {
      const { limits } = await context.ostler().limits.list({});
      await printMessages(context, output, LimitSchema, limits, () =>
        context.print(table(['GROUP', 'LIMIT', 'VALUE', 'SETTING', 'AT THE LIMIT'], limits.map(row))),
      );
    });
}

const unitWords: Partial<Record<Unit, string>> = {
  [Unit.BYTES]: 'bytes',
  [Unit.SECONDS]: 's',
  [Unit.DAYS]: 'days',
  [Unit.PER_SECOND]: 'a second',
  [Unit.PER_MINUTE]: 'a minute',
};

function row({ group, title, value, unit, setting, consequence }: Limit): string[] {
  return [
    safe(group),
    safe(title),
    `${value} ${unitWords[unit] ?? ''}`.trim(),
    safe(setting),
    safe(consequence),
  ];
}
