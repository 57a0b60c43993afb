import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';

import type { ControlCommand } from './control-command';
import { openArgument } from './file-argument';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Whose data folder it is, when root acts on somebody else's; undefined when we are that one already. */
export async function otherOwner(dataFolder: string): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await stat(dataFolder).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}

/**
 * Runs this very command as the owner of the data folder, whose files stay that user's. Files of the command
 * line may be where that user cannot look: they are opened here and handed over.
 *
 * @returns the exit code.
 */
export async function runAsOwner(
  command: ControlCommand,
  name: string,
  args: readonly string[],
  owner: Owner,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  await using files = new AsyncDisposableStack();
  const uses = command.files?.(args) ?? [];
  const opened = [];
  for (const use of uses) opened.push(files.use(await openArgument(use)));
  const handed = args.map((arg) => {
    const index = uses.findIndex(({ argument }) => argument === arg);
    return index < 0 ? arg : `fd:${3 + index}`;
  });
  const argv = [...process.execArgv, process.argv[1]!, name, ...handed];
  const child = spawn(process.execPath, argv, {
    ...owner,
    env: environment,
    stdio: ['inherit', 'inherit', 'inherit', ...opened.map(({ descriptor }) => descriptor)],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code === 0) for (const file of opened) await file.keep();
  return code ?? 1;
}
