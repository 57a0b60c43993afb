import type { Files, WriteOptions } from '../../host/fs/port';
import type { WorkerUser } from '../../host/nginx';
import { renderConfiguration } from './configuration/render';
import { digestOf, type Contribution } from './contribution';
import { generationPath, sitePath, type Layout } from './layout';

export const SITE_FILE = 'site.conf';
const CONTRIBUTION_FILE = 'contribution.json';
const KEPT_GENERATIONS = 3;
const PARALLEL_WRITES = 8;

/** One site of a generation; its contribution is missing when its file on disk was damaged. */
export interface StoredSite {
  readonly digest: string;
  readonly contribution?: Contribution;
}

/** Sites of a generation by uid. */
export type SiteSet = ReadonlyMap<string, StoredSite>;

export interface RenderedFile {
  readonly name: string;
  readonly content: string;
  readonly secret: boolean;
  readonly mode: number;
}

/** The files of one contribution, as they lie in its folder. */
export function filesOf(contribution: Contribution, folder: string): RenderedFile[] {
  const text = `# Site ${contribution.name}, written by Ostler.\n${renderConfiguration(contribution.nodes, { ownFolder: folder })}`;
  return [
    ...contribution.files.map((file) => ({ ...file, mode: file.secret ? 0o640 : 0o644 })),
    { name: SITE_FILE, content: text, secret: false, mode: 0o644 },
  ];
}

/** Generations and sites on disk. A site's folder is complete before it has its name, and never changes after. */
export class GenerationStore {
  constructor(
    private readonly files: Files,
    readonly layout: Layout,
    private readonly workerUser: WorkerUser | undefined,
  ) {}

  async prepare(): Promise<void> {
    const { folder, generations, sites, logs, challenges, empty } = this.layout;
    for (const path of [folder, generations, sites, logs, challenges, empty])
      await this.files.makeFolder(path, 0o755);
    await this.files.makeFolder(`${challenges}/.well-known/acme-challenge`, 0o755);
  }

  /** Brings every folder of the set to disk; what is there already costs one look. */
  async stageSites(sites: SiteSet): Promise<void> {
    const missing: Contribution[] = [];
    for (const [uid, { digest, contribution }] of sites) {
      if (contribution && !(await this.files.state(sitePath(this.layout, uid, digest))))
        missing.push(contribution);
    }
    for (let at = 0; at < missing.length; at += PARALLEL_WRITES)
      await Promise.all(
        missing.slice(at, at + PARALLEL_WRITES).map((contribution) => this.writeSite(contribution)),
      );
  }

  private async writeSite(contribution: Contribution): Promise<void> {
    const folder = sitePath(this.layout, contribution.uid, digestOf(contribution));
    const staged = `${this.layout.sites}/${contribution.uid}/.new-${digestOf(contribution)}`;
    await this.files.makeFolder(`${this.layout.sites}/${contribution.uid}`, 0o755);
    await this.files.removeTree(staged);
    await this.files.makeFolder(staged, 0o755);
    for (const file of filesOf(contribution, folder))
      await this.files.writeStaged(`${staged}/${file.name}`, file.content, this.ownership(file));
    await this.files.writeStaged(`${staged}/${CONTRIBUTION_FILE}`, JSON.stringify(contribution), {
      mode: 0o600,
    });
    await this.files.syncTree(staged);
    await this.files.rename(staged, folder);
  }

  /** Puts one file of a site back to what it should be. */
  async restoreFile(folder: string, file: RenderedFile): Promise<void> {
    await this.files.writeAtomic(`${folder}/${file.name}`, file.content, this.ownership(file));
  }

  /** Workers read secret files at request time, nobody else does. */
  private ownership(file: RenderedFile): WriteOptions {
    return file.secret && this.workerUser
      ? { mode: file.mode, gid: this.workerUser.gid }
      : { mode: file.mode };
  }

  async nextGeneration(): Promise<string> {
    const names = await this.files.list(this.layout.generations);
    const last = Math.max(0, ...names.map((name) => Number.parseInt(name, 10)).filter(Number.isInteger));
    return String(last + 1).padStart(10, '0');
  }

  async writeGeneration(generation: string, text: string, sites: SiteSet): Promise<void> {
    const index = Object.fromEntries([...sites].map(([uid, site]) => [uid, site.digest]));
    const path = generationPath(this.layout, generation);
    await this.files.writeAtomic(path.replace(/\.conf$/, '.json'), JSON.stringify(index), { mode: 0o600 });
    await this.files.writeAtomic(path, text, { mode: 0o644 });
  }

  /** Undefined when the generation is not completely there. */
  async readGeneration(generation: string): Promise<SiteSet | undefined> {
    const path = generationPath(this.layout, generation);
    const index = await this.readJson(path.replace(/\.conf$/, '.json'));
    if (!(await this.files.state(path)) || typeof index !== 'object' || index === null) return undefined;
    const sites = new Map<string, StoredSite>();
    for (const [uid, digest] of Object.entries(index)) {
      const contribution = await this.readContribution(uid, String(digest));
      sites.set(uid, { digest: String(digest), contribution });
    }
    return sites;
  }

  /** Only what still has the digest that names its folder is believed. */
  private async readContribution(uid: string, digest: string): Promise<Contribution | undefined> {
    const value = await this.readJson(`${sitePath(this.layout, uid, digest)}/${CONTRIBUTION_FILE}`);
    if (typeof value !== 'object' || value === null) return undefined;
    const contribution = value as Contribution;
    return digestOf(contribution) === digest ? contribution : undefined;
  }

  private async readJson(path: string): Promise<unknown> {
    const content = await this.files.read(path);
    if (!content) return undefined;
    try {
      return JSON.parse(Buffer.from(content).toString());
    } catch {
      return undefined;
    }
  }

  /** Keeps the newest generations, and the one that serves, with their sites. */
  async collectGarbage(current: string | null): Promise<void> {
    const names = await this.files.list(this.layout.generations);
    const known = names
      .filter((name) => name.endsWith('.conf'))
      .map((name) => name.slice(0, -'.conf'.length));
    const kept = new Set([...known.slice(-KEPT_GENERATIONS), ...(current === null ? [] : [current])]);
    for (const name of names) {
      if (!kept.has(name.replace(/\.(conf|json)$/, '')))
        await this.files.removeTree(`${this.layout.generations}/${name}`);
    }
    await this.removeUnused(await this.usedDigests(kept));
  }

  private async usedDigests(generations: ReadonlySet<string>): Promise<Map<string, Set<string>>> {
    const used = new Map<string, Set<string>>();
    for (const generation of generations) {
      const index = await this.readJson(`${this.layout.generations}/${generation}.json`);
      for (const [uid, digest] of Object.entries(index ?? {}))
        used.set(uid, (used.get(uid) ?? new Set()).add(String(digest)));
    }
    return used;
  }

  private async removeUnused(used: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
    for (const uid of await this.files.list(this.layout.sites)) {
      const folder = `${this.layout.sites}/${uid}`;
      const digests = used.get(uid);
      if (!digests) await this.files.removeTree(folder);
      else
        for (const name of await this.files.list(folder))
          if (!digests.has(name)) await this.files.removeTree(`${folder}/${name}`);
    }
  }
}
