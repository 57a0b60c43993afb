import { copyTree } from './copy-tree';
import { AGENT_UNIT } from './installation';
import { RollbackUnits } from './rollback-units';
import { installUnit, type UpdaterDeps } from './switch-agent';
import type { UpdateRecord } from './update-record';

/**
 * Ends an update, whatever state it was left in: keeps a new agent that has proven itself, and otherwise brings
 * the old one back with its copy of the store. Safe to run again after a crash at any line of it.
 */
export async function settleUpdate(deps: UpdaterDeps): Promise<void> {
  const { files, exec, folder, say } = deps;
  const units = new RollbackUnits(files, exec);
  let record = await folder.record();
  if (record?.phase === 'switching') {
    await stopAtOnce(units, record);
    // It may have proven itself until it was stopped.
    record = await folder.record();
    if (record?.phase === 'switching') await rollBack(deps, record, units);
    await units.systemctl('start', '--', AGENT_UNIT);
  }
  if (record?.phase === 'confirmed') {
    await removeOthers(deps, record);
    say(`${record.toVersion} is kept.`);
  }
  await units.disarm();
}

/** What hangs does not answer to SIGTERM, and there is no time to wait for it. */
async function stopAtOnce(units: RollbackUnits, { switchUnit }: UpdateRecord): Promise<void> {
  const quietly = (...args: string[]): Promise<void> => units.systemctl(...args).catch(() => undefined);
  await quietly('kill', '--signal=SIGKILL', '--', switchUnit);
  await quietly('kill', '--kill-who=main', '--signal=SIGKILL', '--', AGENT_UNIT);
  await units.systemctl('stop', '--', AGENT_UNIT);
}

/** The store first: while the link leads to the new version, a second run knows that it has to be put back. */
async function rollBack(
  { files, folder, say }: UpdaterDeps,
  record: UpdateRecord,
  units: RollbackUnits,
): Promise<void> {
  const { home, fromVersion, toVersion } = record;
  const wasSwitched = (await files.readLink(`${home}/current`)) !== fromVersion;
  if (wasSwitched && (await files.state(folder.storeBefore))) {
    await files.removeTree(`${folder.store}.new`);
    await copyTree(files, folder.storeBefore, `${folder.store}.new`);
    await files.removeTree(folder.store);
    await files.rename(`${folder.store}.new`, folder.store);
  }
  if (await installUnit(files, `${home}/${fromVersion}`)) await units.systemctl('daemon-reload');
  await files.linkAtomic(`${home}/current`, fromVersion);
  const message = wasSwitched
    ? `${toVersion} did not come up and stay connected to the control plane in time; ${fromVersion} is back, with its store of before.`
    : `The switch to ${toVersion} was cut short before it was made; ${fromVersion} goes on.`;
  await folder.write({ ...record, phase: 'rolled-back', message });
  say(message);
}

/** Two versions stay: the one that runs, and the one before it. */
async function removeOthers({ files, folder }: UpdaterDeps, record: UpdateRecord): Promise<void> {
  const { home, fromVersion, toVersion, archive } = record;
  for (const name of await files.list(home)) {
    if (name === 'current' || name === fromVersion || name === toVersion) continue;
    if ((await files.state(`${home}/${name}/VERSION`)) || name.endsWith('.new'))
      await files.removeTree(`${home}/${name}`);
  }
  await files.removeTree(folder.storeBefore);
  await files.removeTree(archive);
}
