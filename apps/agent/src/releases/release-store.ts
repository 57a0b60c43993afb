import type { ReleaseIndexFile } from '@ostler/contracts';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { failpoint } from '../failpoints';
import type { Files } from '../host/fs';
import { sameBytes } from '../store';
import type { Log } from '../telemetry';
import { folderName, readReleaseIndex } from './release-rules';

/** What this needs of the link. */
export interface ReleaseSource {
  fetchRelease(digest: string): Promise<Uint8Array>;
  fetchFile(sha256: Uint8Array, offset: bigint): AsyncIterable<Uint8Array>;
}

export interface ReleaseStoreDeps {
  readonly folder: string;
  readonly files: Files;
  readonly source: ReleaseSource;
  readonly log: Log;
}

const FILE_BITS = { mode: 0o644 };
const FOLDER_BITS = 0o755;
const PARTIAL = '.partial';
/** Room that must be left on the disk when a release is complete. */
const SPARE_BYTES = 64 * 1024 * 1024;

/**
 * Releases on this server: `<folder>/<hex of the digest>` is complete, or is not there. One is built beside as
 * `.partial`, where a file that has arrived stays over restarts and one that is half there goes on.
 */
export class ReleaseStore {
  private readonly building = new Map<string, Promise<string>>();

  constructor(private readonly deps: ReleaseStoreDeps) {}

  /** The folder with the content, fetched now when it is not there. */
  async folder(digest: string): Promise<string> {
    const path = `${this.deps.folder}/${folderName(digest)}`;
    if (await this.deps.files.state(path)) return path;
    const known = this.building.get(digest);
    if (known) return known;
    const build = this.build(digest, path).finally(() => this.building.delete(digest));
    this.building.set(digest, build);
    return build;
  }

  /**
   * Removes what is not in use, but for the `kept` newest: a rollback to one of them needs no network.
   * Half-built ones go as well unless they are being built.
   */
  async collect(inUse: ReadonlySet<string>, kept: number): Promise<void> {
    const { files, folder, log } = this.deps;
    const unused: { path: string; modifiedMs: number }[] = [];
    for (const name of await files.list(folder)) {
      const digest = `sha256:${name.slice(0, 64)}`;
      if (inUse.has(digest) || this.building.has(digest)) continue;
      const path = `${folder}/${name}`;
      const state = await files.state(path);
      unused.push({ path, modifiedMs: name.endsWith(PARTIAL) ? 0 : (state?.modifiedMs ?? 0) });
    }
    unused.sort((a, b) => b.modifiedMs - a.modifiedMs);
    const gone = unused.filter(({ path }, index) => index >= kept || path.endsWith(PARTIAL));
    for (const { path } of gone) {
      await files.removeTree(path);
      log.info('a release that nothing uses was removed', { path });
    }
  }

  private async build(digest: string, path: string): Promise<string> {
    const { files, source, log } = this.deps;
    const partial = `${path}${PARTIAL}`;
    const index = readReleaseIndex(digest, await source.fetchRelease(digest));
    await this.checkRoom(index.files);
    await files.makeFolder(partial, FOLDER_BITS);
    for (const file of index.files) await this.complete(file, partial);
    await this.removeStrangers(partial, new Set(index.files.map((file) => file.path)));
    await files.syncTree(partial);
    failpoint('release.before-rename');
    await files.rename(partial, path);
    log.info('a release is complete', { digest, files: index.files.length });
    return path;
  }

  private async checkRoom(list: readonly ReleaseIndexFile[]): Promise<void> {
    const wanted = list.reduce((sum, { size }) => sum + Number(size), SPARE_BYTES);
    const free = await this.deps.files.freeBytes(this.deps.folder);
    if (free >= wanted) return;
    const text = `The disk has ${free} bytes free and the release needs ${wanted}; make room below ${this.deps.folder}.`;
    throw new AppError(ErrorReason.LIMIT_EXCEEDED, text);
  }

  /** What is there of the file already is kept; a file that ends with another hash is fetched once more. */
  private async complete(file: ReleaseIndexFile, partial: string): Promise<void> {
    const path = `${partial}/${file.path}`;
    if (await this.isComplete(file, path)) return;
    await this.makeFoldersFor(file.path, partial);
    for (const attempt of ['resumed', 'anew']) {
      const there = (await this.deps.files.state(path))?.size ?? 0;
      if (attempt === 'anew' || there >= Number(file.size)) await this.deps.files.removeTree(path);
      await this.fetch(file, path);
      if (!(await this.isComplete(file, path))) continue;
      failpoint('release.file-stored');
      return;
    }
    throw AppError.invalid(
      'release',
      'RELEASE_REFUSED',
      `${file.path} arrived with another hash than its release names.`,
    );
  }

  private async fetch(file: ReleaseIndexFile, path: string): Promise<void> {
    const { files, source } = this.deps;
    let size = (await files.state(path))?.size ?? 0;
    // A file without content has no piece that would make it.
    if (file.size === 0n) await files.writeStaged(path, '', FILE_BITS);
    for await (const piece of source.fetchFile(file.sha256, BigInt(size))) {
      size += piece.byteLength;
      if (size > Number(file.size)) break;
      await files.append(path, piece, FILE_BITS);
    }
  }

  private async isComplete(file: ReleaseIndexFile, path: string): Promise<boolean> {
    const state = await this.deps.files.state(path);
    if (state?.kind !== 'file' || state.size !== Number(file.size)) return false;
    const sha256 = await this.deps.files.sha256(path);
    return sha256 !== undefined && sameBytes(sha256, file.sha256);
  }

  private async makeFoldersFor(path: string, partial: string): Promise<void> {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) {
      await this.deps.files.makeFolder(`${partial}/${parts.slice(0, depth).join('/')}`, FOLDER_BITS);
    }
  }

  /** A half-built folder is on disk for days, perhaps: only what the index names is served. */
  private async removeStrangers(partial: string, wanted: ReadonlySet<string>, below = ''): Promise<void> {
    const { files } = this.deps;
    for (const name of await files.list(`${partial}${below}`)) {
      const path = `${below}/${name}`;
      const state = await files.state(`${partial}${path}`);
      if (state?.kind === 'folder') await this.removeStrangers(partial, wanted, path);
      else if (!wanted.has(path.slice(1))) await files.removeTree(`${partial}${path}`);
    }
  }
}
