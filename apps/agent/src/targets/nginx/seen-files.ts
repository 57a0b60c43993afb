import { createHash } from 'node:crypto';
import type { Files } from '../../host/fs/port';

/** Times of files go in steps: what was changed this lately may change again without another time. */
const SETTLED_AFTER_MS = 2_000;

/** A look at the files of a folder. */
export interface Look {
  /** They were read before as they are now, and were as they should be. */
  readonly isAsSeen: boolean;
  /** To be called when what was read of them since this look is as it should be. */
  remember(): void;
}

/**
 * Folders whose files were as they should be when they were read: as long as nothing about a file has changed (its
 * size, its times; ctime cannot be set back) it need not be read again. One folder for each site, and of that only a
 * hash, as there may be thousands.
 */
export class SeenFiles {
  private readonly seen = new Map<string, string>();

  constructor(private readonly files: Files) {}

  async look(uid: string, folder: string, names: readonly string[], nowMs: number): Promise<Look> {
    const hash = createHash('sha1');
    let isSettled = true;
    for (const name of names) {
      const path = `${folder}/${name}`;
      const state = await this.files.state(path);
      isSettled &&= state?.kind === 'file' && state.changedMs <= nowMs - SETTLED_AFTER_MS;
      hash.update(`${path} ${state?.size} ${state?.modifiedMs} ${state?.changedMs}\n`);
    }
    const stamp = hash.digest('base64');
    return {
      isAsSeen: this.seen.get(uid) === stamp,
      remember: () => {
        if (isSettled) this.seen.set(uid, stamp);
      },
    };
  }

  forget(uid: string): void {
    this.seen.delete(uid);
  }
}
