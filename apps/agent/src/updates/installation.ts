import type { Files } from '../host/fs';

// /opt/ostler-agent/VERSION/{node,agent.cjs,VERSION,...} with the link `current` beside, as install.sh makes it.

/** The agent as a unit of systemd, with room for another version beside it. */
export interface Installation {
  /** Folder of the versions. */
  readonly home: string;
  /** The one that runs. */
  readonly version: string;
}

export type FoundInstallation =
  | { readonly found: true; readonly installation: Installation }
  | { readonly found: false; readonly message: string };

export const AGENT_UNIT = 'ostler-agent.service';
export const AGENT_UNIT_FILE = `/etc/systemd/system/${AGENT_UNIT}`;

export interface InstallationDeps {
  readonly files: Files;
  /** Where this program lies, links followed. */
  readonly programFolder: string;
  /** Units outlive the agent: systemd runs, and the agent is root. */
  readonly durableUnits: boolean;
}

/** Whether this agent can be replaced by another version and brought back, and why not. */
export async function findInstallation(deps: InstallationDeps): Promise<FoundInstallation> {
  const { files, programFolder, durableUnits } = deps;
  if (!durableUnits) return no('systemd does not run here, or the agent is not root');
  const home = programFolder.slice(0, programFolder.lastIndexOf('/'));
  const version = await versionIn(files, programFolder);
  if (version === undefined || programFolder !== `${home}/${version}`)
    return no(`${programFolder} is no installed version of the agent`);
  if ((await files.readLink(`${home}/current`)) !== version)
    return no(`${home}/current does not lead to the version that runs`);
  if (!(await files.state(AGENT_UNIT_FILE))) return no(`there is no ${AGENT_UNIT_FILE}`);
  const cgroup = Buffer.from((await files.readPiece('/proc/self/cgroup', 0, 4096)) ?? []).toString('utf8');
  if (!cgroup.includes(`/${AGENT_UNIT}`)) return no(`it was not started by ${AGENT_UNIT}`);
  return { found: true, installation: { home, version } };
}

/** The version that the package in a folder says it is; undefined when there is no package. */
export async function versionIn(files: Files, folder: string): Promise<string | undefined> {
  const bytes = await files.readPiece(`${folder}/VERSION`, 0, 128);
  return bytes && Buffer.from(bytes).toString('utf8').trim();
}

function no(why: string): FoundInstallation {
  return {
    found: false,
    message: `The agent cannot replace itself here: ${why}. Update it the way it was started.`,
  };
}
