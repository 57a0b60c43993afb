import type { Files } from '../../host/fs/port';

/** Times of files go in steps: what was changed this lately may change again without another time. */
const SETTLED_AFTER_MS = 2_000;

interface Seen {
  readonly folder: string;
  readonly stamps: ReadonlyMap<string, string>;
}

/**
 * Folders whose files were as they should be when they were read: as long as nothing about a file has changed (its
 * size, its times; ctime cannot be set back) it need not be read again. One folder for each site.
 */
export class SeenFiles {
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly files: Files) {}

  /** Whether this folder was seen, and is as it was. */
  async isAsSeen(uid: string, folder: string): Promise<boolean> {
    const known = this.seen.get(uid);
    if (known?.folder !== folder) return false;
    for (const [name, stamp] of known.stamps)
      if ((await this.stampOf(`${folder}/${name}`))?.text !== stamp) return false;
    return true;
  }

  /** How the files are now, to be remembered if what is read of them afterwards is as it should be. */
  async look(uid: string, folder: string, names: readonly string[], nowMs: number): Promise<() => void> {
    const stamps = new Map<string, string>();
    for (const name of names) {
      const stamp = await this.stampOf(`${folder}/${name}`);
      if (!stamp || stamp.changedMs > nowMs - SETTLED_AFTER_MS) return () => undefined;
      stamps.set(name, stamp.text);
    }
    return () => void this.seen.set(uid, { folder, stamps });
  }

  forget(uid: string): void {
    this.seen.delete(uid);
  }

  private async stampOf(
    path: string,
  ): Promise<{ readonly text: string; readonly changedMs: number } | undefined> {
    const state = await this.files.state(path);
    if (state?.kind !== 'file') return undefined;
    const { size, modifiedMs, changedMs } = state;
    return { text: `${size} ${modifiedMs} ${changedMs}`, changedMs };
  }
}
