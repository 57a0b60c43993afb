import {
  type Rollout,
  Rollout_State as State,
  type RolloutServer,
  RolloutServer_State as ServerState,
} from '@ostler/contracts';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { enumWord } from '../../output/enum-word';
import { safe } from '../../output/style';
import { table } from '../../output/table';

const heads = ['UID', 'VERSION', 'STATE', 'STAGE', 'SERVERS', 'AGE', 'BY', 'MESSAGE'];

export function printRollouts(context: CommandContext, rollouts: readonly Rollout[]): void {
  context.print(
    table(
      heads,
      rollouts.map((rollout) => [
        rollout.uid,
        safe(rollout.version),
        stateWord(context, rollout),
        `${rollout.stages[rollout.stage] ?? 100} %`,
        safe(
          Object.entries(rollout.selector)
            .map((label) => label.join('='))
            .join(','),
        ) || 'all',
        ageOf(rollout.createdAt),
        safe(rollout.actor),
        safe(rollout.message),
      ]),
    ),
  );
}

/** One rollout, server by server. */
export function printRollout(context: CommandContext, rollout: Rollout): void {
  printRollouts(context, [rollout]);
  if (rollout.servers.length === 0) return;
  context.print('');
  const rows = rollout.servers.map((server) => [
    safe(server.serverName),
    `${rollout.stages[server.stage] ?? 100} %`,
    serverWord(context, server),
    safe(server.fromVersion),
    safe(server.message),
  ]);
  context.print(table(['SERVER', 'STAGE', 'STATE', 'FROM', 'MESSAGE'], rows));
}

function stateWord({ style }: CommandContext, { state }: Rollout): string {
  const word = enumWord(State, state);
  if (state === State.SUCCEEDED) return style.good(word);
  return state === State.STOPPED ? style.bad(word) : word;
}

function serverWord({ style }: CommandContext, { state }: RolloutServer): string {
  const word = enumWord(ServerState, state);
  if (state === ServerState.UPDATED) return style.good(word);
  return state === ServerState.FAILED ? style.bad(word) : word;
}
