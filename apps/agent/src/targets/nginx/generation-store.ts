import type { Files, WriteOptions } from '../../host/fs/port';
import type { WorkerUser } from '../../host/nginx';
import { renderConfiguration } from './configuration/render';
import { digestOf, isSourceOf, type Contribution, type SiteFacts } from './contribution';
import { END_OF_GENERATION } from './assemble';
import { generationPath, sitePath, type Layout } from './layout';

export const SITE_FILE = 'site.conf';
const CONTRIBUTION_FILE = 'contribution.json';
const KEPT_GENERATIONS = 3;
const PARALLEL_WRITES = 8;
const FEW_SITES = 16;

/** One site of a generation; what is known of it is missing when its contribution on disk was damaged. */
export interface StoredSite {
  readonly digest: string;
  readonly facts?: SiteFacts;
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
  /** By uid; what they say is read one by one. */
  readonly digests: ReadonlyMap<string, string>;
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

function isWhole(index: Uint8Array): boolean {
  return Buffer.from(index.subarray(-2)).toString() === '}}';
}

/** In the text of the generation, which is a string of the index, a quotation mark has a backslash before it. */
function digestIn(index: Uint8Array, uid: string): [string, string][] {
  const bytes = Buffer.from(index.buffer, index.byteOffset, index.byteLength);
  const key = `"${uid}":"`;
  const at = bytes.indexOf(key);
  return at < 0
    ? []
    : [[uid, bytes.toString('latin1', at + key.length, bytes.indexOf('"', at + key.length))]];
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

  /** Brings the folders of these to disk; one that is there costs nothing. */
  async stageSites(contributions: readonly Contribution[]): Promise<void> {
    for (let at = 0; at < contributions.length; at += PARALLEL_WRITES)
      await Promise.all(
        contributions.slice(at, at + PARALLEL_WRITES).map((contribution) => this.stageSite(contribution)),
      );
  }

  private async stageSite(contribution: Contribution): Promise<void> {
    const digest = digestOf(contribution);
    if (!(await this.files.state(sitePath(this.layout, contribution.uid, digest))))
      await this.writeSite(digest, contribution);
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

  async writeGeneration(
    generation: string,
    text: string,
    digests: Iterable<readonly [string, string]>,
  ): Promise<void> {
    const index = { version: 1, text, sites: Object.fromEntries(digests) };
    const path = generationPath(this.layout, generation);
    await this.files.writeAtomic(indexPath(path), JSON.stringify(index), { mode: 0o600 });
    await this.files.writeAtomic(path, text, { mode: 0o644 });
  }

  /** Undefined when too little of the generation is left to know what it was. */
  async readGeneration(generation: string): Promise<StoredGeneration | undefined> {
    const index = await this.readIndex(generation);
    return index && { text: index.text, digests: new Map(index.sites) };
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
  async readContribution(uid: string, digest: string): Promise<Contribution | undefined> {
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
    const wanted = uids ?? new Set(await this.files.list(this.layout.sites));
    const used = await this.usedDigests(kept, wanted);
    for (const uid of wanted) await this.removeUnused(uid, used.get(uid));
  }

  /** Digests by uid that any of the generations names, of the sites that are asked for. */
  private async usedDigests(
    generations: ReadonlySet<string>,
    uids: ReadonlySet<string>,
  ): Promise<Map<string, Set<string>>> {
    const used = new Map<string, Set<string>>();
    for (const generation of generations)
      for (const [uid, digest] of await this.digestsIn(generation, uids))
        used.set(uid, (used.get(uid) ?? new Set()).add(digest));
    return used;
  }

  private async digestsIn(generation: string, uids: ReadonlySet<string>): Promise<[string, string][]> {
    const bytes = await this.files.read(indexPath(generationPath(this.layout, generation)));
    // To find one site among thousands does not need all of them read; one that was cut is read another way.
    if (uids.size <= FEW_SITES && bytes && isWhole(bytes))
      return [...uids].flatMap((uid) => digestIn(bytes, uid));
    const index = await this.readIndex(generation);
    return index?.sites.filter(([uid]) => uids.has(uid)) ?? [];
  }

  private async removeUnused(uid: string, digests: ReadonlySet<string> | undefined): Promise<void> {
    const folder = `${this.layout.sites}/${uid}`;
    if (!digests) return this.files.removeTree(folder);
    for (const name of await this.files.list(folder))
      if (!digests.has(name)) await this.files.removeTree(`${folder}/${name}`);
  }
}
