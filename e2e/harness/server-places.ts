import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HeldLock, holdFileLock } from './machine/file-lock';

/** Servers that may be on at once on this machine, in all test runs together. */
export const SERVERS_AT_ONCE = 3;
/** Servers that one file of tests may have on at once. */
export const SERVERS_OF_A_FILE = 2;

/**
 * The places that this machine has for test servers. Files of tests run side by side, so each server waits for a
 * place; the kernel gives back the places of a process that dies.
 *
 * Two files that each hold one place and wait for a second one would wait for ever. So one that will have several
 * servers on says so before its first, and only one such file is under way at a time: who else holds a place does not
 * wait for another.
 */
export class ServerPlaces {
  private readonly taken = new Map<string, HeldLock>();
  private turn: HeldLock | undefined;

  /** `folder` is one for the whole machine. */
  constructor(
    private readonly folder: string,
    private readonly places = SERVERS_AT_ONCE,
  ) {}

  /** Waits until no other file has several servers on. */
  async beginSeveral(): Promise<void> {
    if (this.turn || this.taken.size > 0)
      throw new Error('that there will be several servers is said once, before the first boot');
    await this.prepare();
    this.turn = await holdFileLock(join(this.folder, 'several-servers'));
  }

  async take(name: string): Promise<void> {
    if (this.taken.size > 0 && !this.turn)
      throw new Error('this file has several servers on: call beginSeveralServers() before the first boot');
    await this.prepare();
    this.taken.set(name, await this.takeAny());
  }

  async giveBack(name: string): Promise<void> {
    const place = this.taken.get(name);
    this.taken.delete(name);
    await place?.release();
  }

  async giveBackAll(): Promise<void> {
    const held = [...this.taken.values(), ...(this.turn ? [this.turn] : [])];
    this.taken.clear();
    this.turn = undefined;
    await Promise.all(held.map((lock) => lock.release()));
  }

  private async takeAny(): Promise<HeldLock> {
    const others = new AbortController();
    const attempts = Array.from({ length: this.places }, (_, index) =>
      holdFileLock(join(this.folder, `server-${index}`), others.signal),
    );
    const first = await Promise.any(attempts);
    others.abort();
    for (const attempt of await Promise.allSettled(attempts))
      if (attempt.status === 'fulfilled' && attempt.value !== first) await attempt.value.release();
    return first;
  }

  private async prepare(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
  }
}
