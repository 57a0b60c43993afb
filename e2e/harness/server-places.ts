import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HeldLock, holdFileLock, withFileLock } from './machine/file-lock';

/** Servers that may be on at once on this machine, in all test runs together. */
export const SERVERS_AT_ONCE = 2;

/**
 * The places that this machine has for test servers. Files of tests run side by side, so each server waits for a
 * place; the kernel gives back the places of a process that dies.
 *
 * Two files that each hold one place and wait for a second one would wait for ever: who needs two takes both at once.
 */
export class ServerPlaces {
  private readonly free: HeldLock[] = [];
  private readonly taken = new Map<string, HeldLock>();
  private reserved = false;

  /** `folder` is one for the whole machine. */
  constructor(private readonly folder: string) {}

  /** Takes this many places before the first server is booted. */
  async reserve(count: number): Promise<void> {
    if (this.reserved || this.taken.size > 0)
      throw new Error('places are reserved once, before the first boot');
    this.reserved = true;
    await this.prepare();
    // Only one at a time waits for its second place, and who holds one of them does not wait.
    await withFileLock(join(this.folder, 'several-places'), async () => {
      while (this.free.length < count) this.free.push(await this.takeAny());
    });
  }

  /** Waits for a place, or uses a reserved one. */
  async take(name: string): Promise<void> {
    this.taken.set(name, this.free.pop() ?? (await this.takeFirst()));
  }

  /** A reserved place stays reserved for the next server. */
  async giveBack(name: string): Promise<void> {
    const place = this.taken.get(name);
    this.taken.delete(name);
    if (!place) return;
    if (this.reserved) this.free.push(place);
    else await place.release();
  }

  async giveBackAll(): Promise<void> {
    const held = [...this.free.splice(0), ...this.taken.values()];
    this.taken.clear();
    this.reserved = false;
    await Promise.all(held.map((place) => place.release()));
  }

  private async takeFirst(): Promise<HeldLock> {
    if (this.taken.size > 0 || this.reserved)
      throw new Error(
        'this file boots several servers at once: call reserveServers(2) before the first boot',
      );
    await this.prepare();
    return this.takeAny();
  }

  private async takeAny(): Promise<HeldLock> {
    const others = new AbortController();
    const attempts = Array.from({ length: SERVERS_AT_ONCE }, (_, index) =>
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
