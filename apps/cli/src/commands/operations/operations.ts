import { followOutput, newRequestId } from '@ostler/sdk';
import { AppError } from '@ostler/kernel';
import { type Operation, Operation_State, OperationSchema, type OperationSpec } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { ExitCode } from '../../output/exit-code';
import { enumWord } from '../../output/enum-word';
import { wholeNumber } from '../../output/number';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { table } from '../../output/table';

type OperationCase = NonNullable<OperationSpec['operation']['case']>;

/** Operations by the words that name them here. */
export const operationNames: Readonly<Record<string, OperationCase>> = {
  noop: 'noop',
  diagnose: 'diagnose',
  'install-nginx': 'installNginx',
  'test-nginx-configuration': 'testNginxConfiguration',
  'show-nginx-configuration': 'showNginxConfiguration',
  'restart-agent': 'restartAgent',
};

/** With --wait: what ends within it needs no further call. Longer ones show their output after it. */
const WAIT_FIRST_SECONDS = 1;

interface StartOptions {
  readonly server: string;
  readonly wait?: boolean;
  readonly deadline: string;
}

export function operationCommands(program: Command, context: CommandContext): void {
  const operations = program.command('operations').description('Start, follow and cancel operations.');
  operations
    .command('start <operation>')
    .description(`Start one on a server: ${Object.keys(operationNames).join(', ')}.`)
    .requiredOption('--server <name>', 'where')
    .option('--wait', 'follow the output and end with its result')
    .option('--deadline <seconds>', 'give up after this long', '600')
    .action((name: string, options: StartOptions) => start(context, name, options));
  operations
    .command('list', { isDefault: true })
    .description('List operations, the newest first.')
    .option('--server <name>', 'only on this server')
    .option('--running', 'only those that have not ended')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async (options: { server?: string; running?: boolean; output: Format }) => {
      const { server, running } = options;
      const answer = await context.ostler().operations.list({ server, running });
      await printMessages(context, options.output, OperationSchema, answer.operations, () =>
        context.print(table(heads, answer.operations.map(row))),
      );
    });
  operations
    .command('get <uid>')
    .description('Show one operation.')
    .option('--wait', 'until it has ended')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((uid: string, options: { wait?: boolean; output: Format }) => get(context, uid, options));
  operations
    .command('output <uid>')
    .description('Print the output from the first byte on, until the operation has ended.')
    .action((uid: string) => follow(context, uid));
  operations
    .command('cancel <uid>')
    .description('End the operation and every process of it.')
    .action(async (uid: string) => {
      const { operation } = await context.ostler().operations.cancel({ requestId: newRequestId(), uid });
      if (operation) context.print(`${operation.uid} ${enumWord(Operation_State, operation.state)}`);
    });
}

const heads = ['UID', 'OPERATION', 'SERVER', 'STATE', 'AGE', 'BY', 'MESSAGE'];

async function get(
  context: CommandContext,
  uid: string,
  { wait, output }: { wait?: boolean; output: Format },
): Promise<void> {
  const { operations } = context.ostler();
  let { operation } = await operations.get({ uid });
  while (wait && operation && !operation.endedAt) {
    ({ operation } = await operations.wait({ uid, waitSeconds: 30 }));
  }
  const found = operation ? [operation] : [];
  await printMessages(context, output, OperationSchema, found, () =>
    context.print(table(heads, found.map(row))),
  );
}

async function start(context: CommandContext, name: string, options: StartOptions): Promise<void> {
  const found = operationNames[name];
  if (!found) {
    throw AppError.invalid(
      'operation',
      'UNKNOWN',
      `there is no "${name}"; there are ${Object.keys(operationNames).join(', ')}`,
    );
  }
  const { operation } = await context.ostler().operations.start({
    requestId: newRequestId(),
    server: options.server,
    spec: { operation: { case: found, value: {} } },
    deadlineSeconds: wholeNumber('--deadline', options.deadline, 86_400),
    waitSeconds: options.wait ? WAIT_FIRST_SECONDS : 0,
  });
  if (!operation) return;
  if (!options.wait) return context.print(operation.uid);
  if (operation.endedAt && operation.outputBytes === 0n) return tellEnd(operation);
  await follow(context, operation.uid);
}

/** Prints the output of an operation as it comes; sets the exit code when it does not succeed. */
export async function follow(context: CommandContext, uid: string): Promise<void> {
  const ostler = context.ostler();
  const decoder = new TextDecoder();
  for await (const piece of followOutput(ostler, uid)) {
    context.write(safe(decoder.decode(piece, { stream: true }), { block: true }));
  }
  const { operation } = await ostler.operations.wait({ uid, waitSeconds: 30 });
  if (operation) tellEnd(operation);
}

function tellEnd(operation: Operation): void {
  process.stderr.write(
    `${enumWord(Operation_State, operation.state)}${operation.message ? `: ${safe(operation.message)}` : ''}\n`,
  );
  if (operation.state !== Operation_State.SUCCEEDED) process.exitCode = ExitCode.FAILED;
}

function row(operation: Operation): string[] {
  return [
    operation.uid,
    operation.spec?.operation.case ?? '',
    safe(operation.serverName),
    enumWord(Operation_State, operation.state),
    ageOf(operation.createdAt),
    safe(operation.actor),
    safe(operation.message),
  ];
}
