import { createHash } from 'node:crypto';
import { Serial } from '@ostler/kernel';
import type { Files } from '../host/fs/port';
import { notUsable, parse } from './identity-checks';
import { readPrivate } from './private-files';

interface Counted {
  readonly helloCounter: bigint;
  /** An operator has to decide about this agent: it does not count on meanwhile. */
  readonly held: boolean;
}

const NAME = 'continuity.json';
const MACHINE_ID = '/etc/machine-id';

/**
 * Counts the hellos of this server, so that a copy of its disk or an older state of it is noticed: the number is raised
 * on the disk before it is said. Beside the key and not in the store, because an update that fails brings an older
 * store back.
 *
 * A held agent says its number again and again: counting on, it would overtake the one that was let in.
 */
export class Continuity {
  private readonly serial = new Serial();

  constructor(
    private readonly files: Files,
    private readonly identityFolder: string,
  ) {}

  /** Durable when it resolves. @throws AppError UNAVAILABLE when the file is not what it should be. */
  next(): Promise<bigint> {
    return this.serial.run(async () => {
      const { helloCounter, held } = await this.read();
      if (held) return helloCounter;
      await this.write({ helloCounter: helloCounter + 1n, held: false });
      return helloCounter + 1n;
    });
  }

  welcomed(held: boolean): Promise<void> {
    return this.serial.run(async () => {
      const counted = await this.read();
      if (counted.held !== held) await this.write({ ...counted, held });
    });
  }

  /** @throws AppError UNAVAILABLE, see `next`: before anything is trusted. */
  async check(): Promise<void> {
    await this.read();
  }

  private async read(): Promise<Counted> {
    if (!(await this.files.state(this.path))) return { helloCounter: 0n, held: false };
    const { helloCounter, held } = parse(await readPrivate(this.files, this.path), this.path);
    if (typeof helloCounter !== 'string' || !/^\d{1,18}$/.test(helloCounter) || typeof held !== 'boolean')
      throw notUsable(this.path, 'does not say how often this server said hello');
    return { helloCounter: BigInt(helloCounter), held };
  }

  private write({ helloCounter, held }: Counted): Promise<void> {
    const text = JSON.stringify({ helloCounter: helloCounter.toString(), held });
    return this.files.writeAtomic(this.path, `${text}\n`, { mode: 0o600 });
  }

  private get path(): string {
    return `${this.identityFolder}/${NAME}`;
  }
}

/** Tells copies of a disk apart without telling the machine id itself; empty where there is none. */
export async function machineName(files: Files): Promise<string> {
  const id = Buffer.from((await files.readPiece(MACHINE_ID, 0, 64)) ?? [])
    .toString('utf8')
    .trim();
  if (!/^[0-9a-f]{32}$/.test(id)) return '';
  return createHash('sha256').update(`ostler machine\n${id}`).digest('hex');
}
