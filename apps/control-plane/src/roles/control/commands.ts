import { AppError, messageOf } from '@ostler/kernel';

import type { Config, Environment } from '../../config';
import type { Log } from '../../platform/log';
import { VERSION } from '../../version';
import { otherOwner, runAsOwner } from './as-owner';
import { authorityCommand } from './authority.command';
import { backupCommand } from './backup.command';
import type { ControlCommand } from './control-command';
import { raiseEpochCommand } from './raise-epoch.command';
import { readyCommand } from './ready.command';
import { resetLoginCommand } from './reset-login.command';
import { restoreCommand } from './restore.command';
import { statusCommand } from './status.command';
import { upgradeDatabaseCommand } from './upgrade-database.command';

const versionCommand: ControlCommand = {
  usage: '',
  summary: 'tells the version',
  run: (_args, { print }) => Promise.resolve(print(`${VERSION}\n`)),
};

const commands: ReadonlyMap<string, ControlCommand> = new Map([
  ['status', statusCommand],
  ['ready', readyCommand],
  ['backup', backupCommand],
  ['restore', restoreCommand],
  ['authority', authorityCommand],
  ['raise-epoch', raiseEpochCommand],
  ['upgrade-database', upgradeDatabaseCommand],
  ['reset-login', resetLoginCommand],
  ['version', versionCommand],
]);

export const usage = [
  'ostler-control: what is done beside the control plane, on its machine\n',
  ...[...commands].map(([name, { usage, summary }]) => `  ${`${name} ${usage}`.trimEnd()}\n      ${summary}`),
  '\nWithout a command the program is the control plane itself (settings: docs/settings.md).\n',
].join('\n');

export interface ControlParts {
  readonly config: Config;
  readonly log: Log;
  readonly environment: Environment;
  readonly print: (text: string) => void;
}

export function isControlCommand(name: string): boolean {
  return commands.has(name);
}

/** Runs one command; returns the exit code. @throws AppError that says what to do. */
export async function runControlCommand(
  name: string,
  args: readonly string[],
  parts: ControlParts,
): Promise<number> {
  const command = commands.get(name)!;
  const owner = await otherOwner(parts.config.values.dataFolder);
  try {
    if (owner) return await runAsOwner(command, name, args, owner, parts.environment);
    await command.run(args, parts);
    return 0;
  } catch (error) {
    throw isWrongUse(error)
      ? AppError.invalid(name, 'USAGE', `${messageOf(error)}; ${command.usage}`)
      : error;
  }
}

/** What node's parser of arguments says of an option that there is not. */
function isWrongUse(error: unknown): boolean {
  return (
    error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS')
  );
}
