import type { Exec } from '../host/exec';
import type { Files } from '../host/fs';
import { AGENT_UNIT, AGENT_UNIT_FILE, versionIn } from './installation';
import { copyTree } from './copy-tree';
import { RollbackUnits } from './rollback-units';
import type { UpdateFolder, UpdateRecord } from './update-record';

export interface UpdaterDeps {
  readonly files: Files;
  readonly exec: Exec;
  readonly folder: UpdateFolder;
  readonly stateFolder: string;
  readonly say: (line: string) => void;
}

const NEEDED = ['node', 'agent.cjs', 'agent-updater.cjs', 'ostler-agent', 'ostler-agent.service', 'VERSION'];
const UNPACK_TIMEOUT_MS = 120_000;

/**
 * Puts the new version in place of the one that runs. Runs as a unit of its own, outside of the agent, with the
 * program of the old version. Until the timer is armed nothing is changed that anybody sees; after that, whatever
 * stops it, the timer settles it (settle-update.ts).
 *
 *   unpacked -> tried -> armed -> agent stopped -> store copied -> link switched -> agent started
 */
export async function switchAgent(deps: UpdaterDeps, record: UpdateRecord): Promise<void> {
  const { files, folder, say, exec } = deps;
  const units = new RollbackUnits(files, exec);
  await unpack(deps, record);
  await tryOut(deps, record);
  say(`${record.toVersion} is unpacked; switching from ${record.fromVersion}.`);
  await units.arm(record, deps.stateFolder);
  await units.systemctl('stop', '--', AGENT_UNIT);
  await files.removeTree(`${folder.storeBefore}.new`);
  await files.removeTree(folder.storeBefore);
  await copyTree(files, folder.store, `${folder.storeBefore}.new`);
  await files.rename(`${folder.storeBefore}.new`, folder.storeBefore);
  await files.linkAtomic(`${record.home}/current`, record.toVersion);
  if (await installUnit(files, `${record.home}/${record.toVersion}`)) await units.systemctl('daemon-reload');
  await units.systemctl('start', '--', AGENT_UNIT);
}

/** The unit of the version that is to run. True when it is another one than was there: systemd must read it. */
export async function installUnit(files: Files, versionFolder: string): Promise<boolean> {
  const text = await files.read(`${versionFolder}/ostler-agent.service`);
  const before = await files.read(AGENT_UNIT_FILE);
  if (!text || (before && Buffer.from(before).equals(text))) return false;
  await files.writeAtomic(AGENT_UNIT_FILE, text, { mode: 0o644 });
  return true;
}

/** Complete under its name, or not there. Links, devices and what else is no file are refused. */
async function unpack({ files, exec, folder }: UpdaterDeps, record: UpdateRecord): Promise<void> {
  const target = `${record.home}/${record.toVersion}`;
  const staging = `${record.home}/.${record.toVersion}.new`;
  await files.removeTree(staging);
  await files.makeFolder(staging, 0o755);
  try {
    const options = ['--no-same-owner', '--no-same-permissions', '--strip-components=1'];
    const { exitCode, stderr } = await exec.run({
      binary: '/bin/tar',
      args: ['--extract', '--gzip', ...options, `--directory=${staging}`, `--file=${record.archive}`],
      timeoutMs: UNPACK_TIMEOUT_MS,
    });
    if (exitCode !== 0) throw new Error(`The package cannot be unpacked: ${stderr.trim().slice(0, 500)}`);
    await checkTree(files, staging);
    for (const name of NEEDED)
      if (!(await files.state(`${staging}/${name}`))) throw new Error(`The package has no ${name}.`);
    const version = await versionIn(files, staging);
    if (version !== record.toVersion)
      throw new Error(`The package is of version ${version}, its release says ${record.toVersion}.`);
    for (const name of ['release.bin', 'signature.bin'])
      await files.writeStaged(`${staging}/${name}`, (await files.read(`${folder.path}/${name}`)) ?? '', {
        mode: 0o644,
      });
    await files.syncTree(staging);
    await files.removeTree(target);
    await files.rename(staging, target);
  } catch (error) {
    await files.removeTree(staging);
    throw error;
  }
}

async function checkTree(files: Files, folder: string): Promise<void> {
  for (const name of await files.list(folder)) {
    const path = `${folder}/${name}`;
    const state = await files.state(path);
    if (state?.kind === 'folder') await checkTree(files, path);
    else if (state?.kind !== 'file' || state.links > 1)
      throw new Error(`The package is refused: ${name} is no plain file.`);
  }
}

/** What does not even say its version is not switched to. */
async function tryOut({ exec }: UpdaterDeps, { home, toVersion }: UpdateRecord): Promise<void> {
  const { exitCode, stderr } = await exec.run({
    binary: `${home}/${toVersion}/ostler-agent` as `/${string}`,
    args: ['version'],
    timeoutMs: 30_000,
  });
  if (exitCode !== 0)
    throw new Error(
      `The new agent does not run here (exit code ${exitCode}): ${stderr.trim().slice(0, 500)}`,
    );
}
