import type { Files, WriteOptions } from '../../host/fs/port';
import type { WorkerUser } from '../../host/nginx';
import { renderConfiguration } from './configuration/render';
import { isSourceOf, type Contribution } from './contribution';
import { END_OF_GENERATION } from './assemble';
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

export interface StoredGeneration {
  /** Text of its own file as it was written. */
  readonly text: string;
  readonly sites: SiteSet;
}

interface Index {
  readonly version: 1;
  readonly text: string;
  readonly sites: Readonly<Record<string, string>>;
}

function isIndex(value: unknown): value is Index {
  if (typeof value !== 'object' || value === null) return false;
  const { version, text, sites } = value as Record<string, unknown>;
  return version === 1 && typeof text === 'string' && typeof sites === 'object' && sites !== null;
}

function indexPath(path: string): string {
  return path.replace(/\.conf$/, '.json');
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

  /** Brings the folders of the set to disk; those that `known` has are there and cost nothing. */
  async stageSites(sites: SiteSet, known: SiteSet): Promise<void> {
    const missing: { digest: string; contribution: Contribution }[] = [];
    for (const [uid, { digest, contribution }] of sites) {
      if (!contribution || known.get(uid)?.digest === digest) continue;
      if (!(await this.files.state(sitePath(this.layout, uid, digest))))
        missing.push({ digest, contribution });
    }
    for (let at = 0; at < missing.length; at += PARALLEL_WRITES)
      await Promise.all(
        missing
          .slice(at, at + PARALLEL_WRITES)
          .map(({ digest, contribution }) => this.writeSite(digest, contribution)),
      );
  }

  private async writeSite(digest: string, contribution: Contribution): Promise<void> {
    const folder = sitePath(this.layout, contribution.uid, digest);
    const staged = `${this.layout.sites}/${contribution.uid}/.new-${digest}`;
    // What a crash left there has the same names: it is written over.
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
    const index = {
      version: 1,
      text,
      sites: Object.fromEntries([...sites].map(([uid, site]) => [uid, site.digest])),
    };
    const path = generationPath(this.layout, generation);
    await this.files.writeAtomic(indexPath(path), JSON.stringify(index), { mode: 0o600 });
    await this.files.writeAtomic(path, text, { mode: 0o644 });
  }

  /** Undefined when too little of the generation is left to know what it was. */
  async readGeneration(generation: string): Promise<StoredGeneration | undefined> {
    const index = await this.readIndex(generation);
    if (!index) return undefined;
    const sites = new Map<string, StoredSite>();
    for (const [uid, digest] of index.sites)
      sites.set(uid, { digest, contribution: await this.readContribution(uid, digest) });
    return { text: index.text, sites };
  }

  /** Newest first. */
  async listGenerations(): Promise<string[]> {
    const names = await this.files.list(this.layout.generations);
    return names.flatMap((name) => /^([0-9]{10})\.conf$/.exec(name)?.[1] ?? []).reverse();
  }

  /** The index says it all; without it the file itself says which sites it includes. */
  private async readIndex(
    generation: string,
  ): Promise<{ text: string; sites: [string, string][] } | undefined> {
    const path = generationPath(this.layout, generation);
    const value = await this.readJson(indexPath(path));
    if (isIndex(value)) return { text: value.text, sites: Object.entries(value.sites) };
    const text = Buffer.from((await this.files.read(path)) ?? []).toString();
    if (!text.endsWith(END_OF_GENERATION)) return undefined;
    const includes = text.matchAll(/\/([0-9a-f-]{36})\/([0-9a-f]{32})\/site\.conf;$/gm);
    return { text, sites: [...includes].map(([, uid = '', digest = '']) => [uid, digest]) };
  }

  /** Only what still has the digest that names its folder is believed. */
  private async readContribution(uid: string, digest: string): Promise<Contribution | undefined> {
    const value = await this.readJson(`${sitePath(this.layout, uid, digest)}/${CONTRIBUTION_FILE}`);
    if (typeof value !== 'object' || value === null) return undefined;
    const contribution = value as Contribution;
    return isSourceOf(contribution, digest) ? contribution : undefined;
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

  /** Keeps the newest generations, and the one that serves, with their sites. `uids` names those that changed. */
  async collectGarbage(current: string | null, uids?: ReadonlySet<string>): Promise<void> {
    const generations = await this.listGenerations();
    const kept = new Set([...generations.slice(0, KEPT_GENERATIONS), ...(current === null ? [] : [current])]);
    for (const name of await this.files.list(this.layout.generations)) {
      if (!kept.has(name.replace(/\.(conf|json)$/, '')))
        await this.files.removeTree(`${this.layout.generations}/${name}`);
    }
    const used = await this.usedDigests(kept);
    for (const uid of uids ?? (await this.files.list(this.layout.sites)))
      await this.removeUnused(uid, used.get(uid));
  }

  private async usedDigests(generations: ReadonlySet<string>): Promise<Map<string, Set<string>>> {
    const used = new Map<string, Set<string>>();
    for (const generation of generations) {
      const index = await this.readIndex(generation);
      for (const [uid, digest] of index?.sites ?? []) used.set(uid, (used.get(uid) ?? new Set()).add(digest));
    }
    return used;
  }

  private async removeUnused(uid: string, digests: ReadonlySet<string> | undefined): Promise<void> {
    const folder = `${this.layout.sites}/${uid}`;
    if (!digests) return this.files.removeTree(folder);
    for (const name of await this.files.list(folder))
      if (!digests.has(name)) await this.files.removeTree(`${folder}/${name}`);
  }
}
