import type { Clock } from '@ostler/kernel';
import type { Capability } from '../health';
import type { Exec, Units } from '../host/exec';
import type { Files } from '../host/fs';
import { RELEASE_KEY_FILE, restartAgent, updateAgent, type OperationKind } from '../operations';
import type { Log } from '../telemetry';
import { findInstallation, Probation, RollbackUnits, UpdateFolder, type FoundInstallation } from '../updates';
import type { LateLink } from './late-link';

/** This program, as one that may be replaced by another version of it. */
export interface OwnProgram {
  /** Where it lies, links followed. */
  readonly folder: string;
  readonly version: string;
  /** As uname says it. */
  readonly architecture: string;
  /** Why the server's own policy forbids to replace it; undefined when it does not. */
  readonly updatesForbidden: () => Promise<string | undefined>;
}

export interface SelfUpdatesDeps {
  readonly self: OwnProgram;
  readonly files: Files;
  readonly exec: Exec;
  readonly units: Units;
  readonly isRoot: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly stateFolder: string;
  readonly link: LateLink;
}

/** The agent's end of its own updates and restarts. */
export class SelfUpdates {
  readonly kinds: readonly OperationKind[];
  private readonly probation: Probation;

  constructor(private readonly deps: SelfUpdatesDeps) {
    const { files, exec, units, clock, log, stateFolder, link } = deps;
    const { version, architecture, updatesForbidden: forbidden } = deps.self;
    const folder = new UpdateFolder(files, stateFolder);
    const rollback = new RollbackUnits(files, exec);
    const isConnected = (): boolean => link.connected;
    const installation = (): Promise<FoundInstallation> => this.installation();
    this.probation = new Probation({ folder, version, clock, log, isConnected });
    const { settled } = this.probation;
    const update = { files, units, clock, stateFolder, folder, rollback, architecture, version };
    this.kinds = [
      restartAgent(installation),
      updateAgent({ ...update, source: link, installation, forbidden, settled }),
    ];
  }

  /** No operation begins before: see Probation. */
  get settled(): Promise<void> {
    return this.probation.settled;
  }

  /** Before operations are recovered. */
  begin(): Promise<void> {
    return this.probation.begin();
  }

  stop(): void {
    this.probation.stop();
  }

  /** The capability `self-update`, with its reason when it is missing. */
  readonly probe = async (): Promise<Capability> => {
    const name = 'self-update';
    const no = (detail: string): Capability => ({ name, available: false, detail });
    const found = await this.installation();
    if (!found.found) return no(found.message);
    const forbidden = await this.deps.self.updatesForbidden();
    if (forbidden !== undefined) return no(forbidden);
    if (!(await this.deps.files.state(RELEASE_KEY_FILE)))
      return no(`${RELEASE_KEY_FILE} is missing. Install the agent again with a signed release.`);
    return { name, available: true, detail: found.installation.version };
  };

  private installation(): Promise<FoundInstallation> {
    const { files, units, isRoot, self } = this.deps;
    const durableUnits = units.durable && isRoot;
    return findInstallation({ files, programFolder: self.folder, durableUnits });
  }
}
