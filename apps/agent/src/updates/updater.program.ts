import { messageOf, systemClock } from '@ostler/kernel';
import { createLinuxExec } from '../host/exec';
import { createLinuxFiles } from '../host/fs';
import { watchFirstStarts } from './first-starts';
import { settleUpdate } from './settle-update';
import { switchAgent, type UpdaterDeps } from './switch-agent';
import { UpdateFolder } from './update-record';

// agent-updater.cjs switch|settle STATE_FOLDER: what replaces the agent, or brings the old one back. systemd runs it,
// outside of the agent: it goes on while the agent does not.

async function main([verb = '', stateFolder = '']: string[]): Promise<void> {
  const files = createLinuxFiles();
  const folder = new UpdateFolder(files, stateFolder);
  const deps: UpdaterDeps = {
    files,
    exec: createLinuxExec(),
    folder,
    stateFolder,
    say: (line) => void process.stdout.write(`${line}\n`),
  };
  if (verb === 'settle') return settleUpdate(deps);
  const record = await folder.record();
  if (verb !== 'switch' || record?.phase !== 'switching') throw new Error(`nothing to ${verb || 'do'}`);
  await switchAgent(deps, record);
  await whileAlive(watchFirstStarts(deps, systemClock));
}

/** The clock's timers let a process end that waits for nothing else. */
async function whileAlive(task: Promise<void>): Promise<void> {
  const alive = setInterval(() => undefined, 2 ** 30);
  return task.finally(() => clearInterval(alive));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
