import { writeFile } from 'node:fs/promises';
import { followOutput, newRequestId } from '@ostler/sdk';
import {
  type CheckConnectionResponse,
  CheckConnectionResponseSchema,
  Operation_State,
} from '@ostler/contracts';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { ExitCode } from '../../output/exit-code';
import { enumWord } from '../../output/enum-word';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { follow } from '../operations/operations';

/** The way to an agent: whether it answers, what it says of itself, starting it again. */
export function connectionCommands(servers: Command, context: CommandContext): void {
  servers
    .command('check <name>')
    .description('Try the way to the agent and back, and say step by step what was found.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((name: string, { output }: { output: Format }) => check(context, name, output));
  servers
    .command('diagnose <name>')
    .description('Gather what explains most troubles of a server, secrets masked, as one text.')
    .option('-o, --output <file>', 'where to write it; without it, it is printed')
    .action((name: string, { output }: { output?: string }) => diagnose(context, name, output));
  servers
    .command('restart-agent <name>')
    .description('End the agent and start it again. What runs on the server goes on.')
    .option('-y, --yes', 'do not ask')
    .action((name: string, { yes }: { yes?: boolean }) => restartAgent(context, name, yes ?? false));
}

async function check(context: CommandContext, name: string, format: Format): Promise<void> {
  const found = await context.ostler().fleet.checkConnection({ name });
  await printMessages(context, format, CheckConnectionResponseSchema, [found], () =>
    printSteps(context, found),
  );
  if (!found.reachable) process.exitCode = ExitCode.UNAVAILABLE;
}

function printSteps(context: CommandContext, { steps, reachable, message }: CheckConnectionResponse): void {
  const width = Math.max(...steps.map(({ title }) => title.length));
  for (const { title, passed, message: found } of steps) {
    const mark = passed ? context.style.good('ok') : context.style.bad('no');
    context.print(`${mark}  ${safe(title).padEnd(width)}  ${safe(found)}`);
  }
  context.print('');
  context.print(
    `${reachable ? context.style.good('reachable') : context.style.bad('not reachable')} ${safe(message)}`,
  );
}

/** A bundle says much about a server: the file is readable by its owner alone. */
async function diagnose(context: CommandContext, name: string, file: string | undefined): Promise<void> {
  const uid = await start(context, name, 'diagnose');
  if (file === undefined) return follow(context, uid);
  const ostler = context.ostler();
  const pieces: Uint8Array[] = [];
  for await (const piece of followOutput(ostler, uid)) pieces.push(piece);
  const bundle = Buffer.concat(pieces);
  await writeFile(file, bundle, { mode: 0o600 });
  const { operation } = await ostler.operations.wait({ uid, waitSeconds: 30 });
  const state = operation?.state ?? Operation_State.UNSPECIFIED;
  if (state === Operation_State.SUCCEEDED) {
    return context.print(`${bundle.length} bytes are written to ${safe(file)}.`);
  }
  process.stderr.write(`${enumWord(Operation_State, state)}: ${safe(operation?.message ?? '')}\n`);
  process.exitCode = ExitCode.FAILED;
}

async function restartAgent(context: CommandContext, name: string, yes: boolean): Promise<void> {
  if (!yes && !(await confirm(`Restart the agent of ${name}? What runs on the server goes on.`)))
    return context.print('Nothing was changed.');
  await follow(context, await start(context, name, 'restartAgent'));
}

async function start(
  context: CommandContext,
  server: string,
  kind: 'diagnose' | 'restartAgent',
): Promise<string> {
  const spec = { operation: { case: kind, value: {} } };
  const answer = await context.ostler().operations.start({ requestId: newRequestId(), server, spec });
  return answer.operation?.uid ?? '';
}
