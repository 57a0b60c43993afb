import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { SignedAgentRelease } from '@ostler/contracts';
import { messageOf, pause, Serial, systemClock } from '@ostler/kernel';

import { Config } from '../config';
import { UnitOfWork, Wake } from '../platform/db';
import { Log } from '../platform/log';
import { Loops } from '../platform/loops';
import { AgentReleaseRepository } from './agent-release.repository';
import { checkPackages, type FolderRelease, packageFile, readReleaseFolder } from './release-folder';

const LOOK_EVERY_MS = 5_000;
/** A release is some 45 MB; those of rollouts that have not ended are kept beyond this. */
const KEPT_RELEASES = 5;

/** What an installer needs of a release for one architecture. */
export interface AgentReleaseFiles {
  readonly version: string;
  readonly sequence: bigint;
  /** The exact bytes that were signed. */
  readonly release: Uint8Array;
  readonly signature: Uint8Array;
  readonly sha256: Uint8Array;
  readonly size: number;
  /** Absolute path of the package. */
  readonly path: string;
  /** PEM. Servers learn it at their installation, and never again. */
  readonly publicKey: string;
}

/**
 * The signed releases of the agent that this control plane can hand out: folders in the data folder, which are
 * taken from there or from where builds put them. Looked for every few seconds; the files are the truth, the
 * rows say what was taken.
 */
@Injectable()
export class AgentReleases implements OnModuleInit {
  /** Newest first. */
  private releases: readonly FolderRelease[] = [];
  /** What cannot be taken, with the time of its last change: looked at again when that moves, as in a slow copy. */
  private readonly refused = new Map<string, number>();
  private readonly scans = new Serial();

  constructor(
    private readonly config: Config,
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly repository: AgentReleaseRepository,
    private readonly loops: Loops,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.loops.add({ name: 'agent-releases', run: (signal) => this.run(signal) });
  }

  /** Newest first. */
  list(): readonly FolderRelease[] {
    return this.releases;
  }

  get(version: string): FolderRelease | undefined {
    return this.releases.find(({ release }) => release.version === version);
  }

  signed(version: string): SignedAgentRelease | undefined {
    return this.get(version)?.signed;
  }

  /** For installers; undefined until one was made, as right after the first start of a checkout. */
  newestRelease(architecture: string): Promise<AgentReleaseFiles | undefined> {
    for (const { release, signed, publicKey, folder } of this.releases) {
      const found = release.packages.find((one) => one.architecture === architecture);
      if (!found) continue;
      const { version, sequence } = release;
      const { sha256, size } = found;
      const path = packageFile(folder, sha256);
      const { release: bytes, signature } = signed;
      return Promise.resolve({
        version,
        sequence,
        release: bytes,
        signature,
        sha256,
        size: Number(size),
        path,
        publicKey,
      });
    }
    return Promise.resolve(undefined);
  }

  /** The file of a package, by its digest. */
  packagePath(sha256: Uint8Array): string | undefined {
    for (const { release, folder } of this.releases) {
      if (release.packages.some((one) => Buffer.from(one.sha256).equals(sha256)))
        return packageFile(folder, sha256);
    }
    return undefined;
  }

  /** Takes what is new. Safe to call at any time. */
  scan(): Promise<void> {
    return this.scans.run(() => this.scanNow());
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.scan();
      await pause(systemClock, LOOK_EVERY_MS, signal);
    }
  }

  private get folder(): string {
    return join(this.config.values.dataFolder, 'agent-releases');
  }

  private async scanNow(): Promise<void> {
    const { agentReleasesFolder: built } = this.config.values;
    if (built) await this.copyNew(built);
    const known = new Map(this.releases.map((one) => [one.folder, one]));
    const taken = await this.unitOfWork.asSystem('agent-updates', () => this.repository.versions());
    const found: FolderRelease[] = [];
    for (const name of await namesIn(this.folder)) {
      const folder = join(this.folder, name);
      const one = known.get(folder) ?? (await this.take(folder, taken));
      if (one) found.push(one);
    }
    found.sort((a, b) => Number(b.release.sequence - a.release.sequence));
    const isChanged = found.length !== this.releases.length || found.some((one) => !known.has(one.folder));
    this.releases = found;
    if (isChanged) await this.removeOld();
  }

  private async take(folder: string, taken: ReadonlySet<string>): Promise<FolderRelease | undefined> {
    if (await this.isRefused(folder)) return undefined;
    try {
      const one = await readReleaseFolder(folder);
      if (folder !== join(this.folder, one.release.version)) throw new Error('its folder has another name');
      if (taken.has(one.release.version)) return one;
      await checkPackages(one);
      await this.unitOfWork.asSystem('agent-updates', async () => {
        if (!(await this.repository.insert(one))) throw new Error('another release has its sequence');
        this.wake.notify('rollouts');
      });
      this.log.info(`took release ${one.release.version} of the agent`);
      return one;
    } catch (error) {
      await this.refuse(folder, error);
      return undefined;
    }
  }

  /** Complete under its name, or not there. */
  private async copyNew(built: string): Promise<void> {
    for (const version of await namesIn(built)) {
      const target = join(this.folder, version);
      const isKnown = this.releases.some(({ folder }) => folder === target);
      if (isKnown || (await namesIn(target)).length > 0) continue;
      if (await this.isRefused(join(built, version))) continue;
      const staging = join(this.folder, `.${version}.${process.pid}`);
      try {
        await readReleaseFolder(join(built, version));
        await mkdir(this.folder, { recursive: true, mode: 0o755 });
        await rm(staging, { recursive: true, force: true });
        await cp(join(built, version), staging, { recursive: true });
        await rename(staging, target);
      } catch (error) {
        await rm(staging, { recursive: true, force: true });
        await this.refuse(join(built, version), error);
      }
    }
  }

  private async isRefused(folder: string): Promise<boolean> {
    return this.refused.get(folder) === (await changedMs(folder));
  }

  private async refuse(folder: string, error: unknown): Promise<void> {
    this.refused.set(folder, await changedMs(folder));
    this.log.warn(`${folder} is not taken as a release of the agent: ${messageOf(error)}`);
  }

  private async removeOld(): Promise<void> {
    const inUse = await this.unitOfWork.asSystem('agent-updates', () => this.repository.inUse());
    const old = this.releases.filter(
      ({ release }, index) => index >= KEPT_RELEASES && !inUse.has(release.version),
    );
    for (const { folder, release } of old) {
      await this.unitOfWork.asSystem('agent-updates', () => this.repository.remove(release.version));
      await rm(folder, { recursive: true, force: true });
    }
    this.releases = this.releases.filter((one) => !old.includes(one));
  }
}

/** Of the folder and what is in it. */
async function changedMs(folder: string): Promise<number> {
  const paths = [folder, ...(await namesIn(folder)).map((name) => join(folder, name))];
  const times = await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs));
  return Math.max(...times);
}

/** Folders that are complete: those that are being made begin with a dot. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
