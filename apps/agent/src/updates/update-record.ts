import type { Files } from '../host/fs';

/**
 * How far an update came. It lies outside of the store, which is put back when the old agent comes back.
 *
 *   switching --the new agent is healthy--> confirmed
 *       '------its time is over, or nothing was switched--> rolled-back
 */
export interface UpdateRecord {
  readonly operationUid: string;
  readonly phase: 'switching' | 'confirmed' | 'rolled-back';
  readonly home: string;
  readonly fromVersion: string;
  readonly toVersion: string;
  /** Of the release that is switched to. */
  readonly sequence: string;
  /** The downloaded package. */
  readonly archive: string;
  /** Unit that switches. */
  readonly switchUnit: string;
  /** Why the old one is back. */
  readonly message: string;
}

/** The folder `update/` of the state folder: readable by root alone. */
export class UpdateFolder {
  constructor(
    private readonly files: Files,
    private readonly stateFolder: string,
  ) {}

  get path(): string {
    return `${this.stateFolder}/update`;
  }

  /** The agent's store, and the copy of it from before the switch. */
  get store(): string {
    return `${this.stateFolder}/store`;
  }

  get storeBefore(): string {
    return `${this.path}/store-before`;
  }

  async make(): Promise<void> {
    await this.files.makeFolder(this.path, 0o700);
  }

  async record(): Promise<UpdateRecord | undefined> {
    const bytes = await this.files.read(`${this.path}/update.json`);
    return bytes && (JSON.parse(Buffer.from(bytes).toString('utf8')) as UpdateRecord);
  }

  write(record: UpdateRecord): Promise<void> {
    const text = `${JSON.stringify(record, undefined, 2)}\n`;
    return this.files.writeAtomic(`${this.path}/update.json`, text, { mode: 0o600 });
  }

  /** The highest sequence that ever proved to be healthy here; 0 before the first update. */
  async highest(): Promise<bigint> {
    const bytes = await this.files.read(`${this.path}/highest-sequence`);
    return BigInt(
      Buffer.from(bytes ?? [])
        .toString('utf8')
        .trim() || '0',
    );
  }

  async raiseHighest(sequence: bigint): Promise<void> {
    if (sequence <= (await this.highest())) return;
    await this.files.writeAtomic(`${this.path}/highest-sequence`, `${sequence}\n`, { mode: 0o600 });
  }
}
