import { newRequestId } from '@ostler/sdk';
import { AppError, pause, systemClock } from '@ostler/kernel';
import {
  AgentReleaseInfoSchema,
  ControlRolloutRequest_Action as Action,
  type Rollout,
  Rollout_State as State,
  RolloutSchema,
} from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { ExitCode } from '../../output/exit-code';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { table } from '../../output/table';
import { labelsOf, SELECTOR_FLAG } from '../servers/selector-option';
import { printRollout, printRollouts } from './rollout-text';

const LOOK_AGAIN_MS = 2000;
const formats: readonly Format[] = ['table', 'json', 'yaml'];

interface UpdateOptions {
  readonly selector: readonly string[];
  readonly server?: string;
  readonly stages?: string;
  readonly wait?: boolean;
  readonly output: Format;
}

/** Releases of the agent, and bringing servers to one in stages. */
export function agentCommands(program: Command, context: CommandContext): void {
  const agents = program.command('agents').description('Bring agents to another release, in stages.');
  agents
    .command('releases', { isDefault: true })
    .description('List the releases of the agent that this control plane has.')
    .addOption(formatOption(formats))
    .action(({ output }: { output: Format }) => releases(context, output));
  agents
    .command('update <version>')
    .description('Start a rollout. It stops by itself when a server fails.')
    .option(SELECTOR_FLAG, 'only servers with the labels, or with those of a saved selector', [])
    .option('--server <name>', 'only this server')
    .option('--stages <percents>', 'in percent of the servers, the last 100', '')
    .option('--wait', 'until it has ended, or stopped')
    .addOption(formatOption(formats))
    .action((version: string, options: UpdateOptions) => update(context, version, options));
  agents
    .command('rollouts')
    .description('List rollouts, the newest first.')
    .addOption(formatOption(formats))
    .action(async ({ output }: { output: Format }) => {
      const { rollouts } = await context.ostler().agentUpdates.listRollouts({});
      await printMessages(context, output, RolloutSchema, rollouts, () => printRollouts(context, rollouts));
    });
  agents
    .command('rollout [uid]')
    .description('Show one server by server: without a uid the newest.')
    .addOption(formatOption(formats))
    .action(async (uid: string | undefined, { output }: { output: Format }) =>
      show(context, await get(context, uid ?? (await newest(context)).uid), output),
    );
  controlCommand(agents, context, 'pause', Action.PAUSE, 'Begin nothing more until it is resumed.');
  controlCommand(agents, context, 'resume', Action.RESUME, 'Go on with one that was paused or has stopped.');
  controlCommand(agents, context, 'cancel', Action.CANCEL, 'End it. Servers that are updated stay so.');
}

function controlCommand(
  agents: Command,
  context: CommandContext,
  verb: string,
  action: Action,
  text: string,
): void {
  agents
    .command(`${verb} [uid]`)
    .description(`${text} Without a uid: the newest.`)
    .addOption(formatOption(formats))
    .action(async (which: string | undefined, { output }: { output: Format }) => {
      const uid = which ?? (await newest(context)).uid;
      const { rollout } = await context
        .ostler()
        .agentUpdates.controlRollout({ requestId: newRequestId(), uid, action });
      await show(context, rollout, output);
    });
}

async function releases(context: CommandContext, format: Format): Promise<void> {
  const found = (await context.ostler().agentUpdates.listReleases({})).releases;
  await printMessages(context, format, AgentReleaseInfoSchema, found, () => {
    const rows = found.map((one) => [
      safe(one.version),
      String(one.sequence),
      ageOf(one.madeAt),
      safe(one.architectures.join(', ')),
      String(one.servers),
    ]);
    context.print(table(['VERSION', 'SEQUENCE', 'MADE', 'ARCHITECTURES', 'SERVERS'], rows));
  });
}

async function update(context: CommandContext, version: string, options: UpdateOptions): Promise<void> {
  const { rollout } = await context.ostler().agentUpdates.startRollout({
    requestId: newRequestId(),
    version,
    selector: await labelsOf(context, options.selector),
    server: options.server,
    stages: stagesOf(options.stages ?? ''),
  });
  if (!rollout || !options.wait) return show(context, rollout, options.output);
  const ended = await waitForEnd(context, rollout);
  await show(context, ended, options.output);
  if (ended.state !== State.SUCCEEDED) process.exitCode = ExitCode.FAILED;
}

/** `1,10,100`; what is no number is refused here, what is no stage by the control plane. */
function stagesOf(text: string): number[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const percent = Number(part);
      if (Number.isInteger(percent) && percent >= 1 && percent <= 100) return percent;
      throw AppError.invalid('--stages', 'NOT_A_PERCENT', `"${part}" is no whole number from 1 to 100`);
    });
}

async function waitForEnd(context: CommandContext, rollout: Rollout): Promise<Rollout> {
  let seen = rollout;
  let said = '';
  while (seen.state === State.RUNNING) {
    const line = `stage ${seen.stage + 1} of ${seen.stages.length}`;
    if (line !== said) process.stderr.write(`${line}\n`);
    said = line;
    await pause(systemClock, LOOK_AGAIN_MS);
    seen = (await get(context, rollout.uid)) ?? seen;
  }
  return seen;
}

async function get(context: CommandContext, uid: string): Promise<Rollout | undefined> {
  return (await context.ostler().agentUpdates.getRollout({ uid })).rollout;
}

/** @throws AppError NOT_FOUND when there was never one. */
async function newest(context: CommandContext): Promise<Rollout> {
  const { rollouts } = await context.ostler().agentUpdates.listRollouts({ pageSize: 1 });
  if (rollouts[0]) return rollouts[0];
  throw AppError.notFound('Rollout');
}

async function show(context: CommandContext, rollout: Rollout | undefined, format: Format): Promise<void> {
  if (rollout) {
    await printMessages(context, format, RolloutSchema, [rollout], () => printRollout(context, rollout));
  }
}
