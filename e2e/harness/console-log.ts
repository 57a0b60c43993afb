import { watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';

/** What a server writes on its console, in a file that the kernel's process appends to. */
export class ConsoleLog {
  constructor(readonly path: string) {}

  /** Everything since the first boot, kernel messages and unit starts. */
  async read(): Promise<string> {
    return readFile(this.path, 'utf8').catch(() => '');
  }

  /** Bytes so far, to be handed to waitFor: what an earlier boot wrote does not count for the next. */
  async length(): Promise<number> {
    return stat(this.path).then(
      (facts) => facts.size,
      () => 0,
    );
  }

  /** Waits until the text appears after `offset` bytes. Woken by the file's changes; `signal` ends the wait. */
  async waitFor(text: string, offset: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = async () => {
      const bytes = await readFile(this.path);
      if (bytes.subarray(offset).includes(text)) resolve();
    };
    const giveUp = () => reject(signal.reason as Error);
    const watcher = watch(this.path, () => void look().catch(reject));
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    try {
      // It may have appeared before the watch began.
      await look();
      await promise;
    } finally {
      watcher.close();
      signal.removeEventListener('abort', giveUp);
    }
  }
}
