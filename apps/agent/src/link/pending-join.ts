import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { Files } from '../host/fs/port';
import type { JoinRecord } from './identity-folder';

/** A join that was begun and has not ended: how it goes on when the agent starts. */
export interface PendingJoin extends JoinRecord {
  readonly name: string;
}

const NAME = 'joining.json';

/** Kept beside the key while somebody has to let this server in; readable by its owner alone, it holds the token. */
export class PendingJoins {
  constructor(
    private readonly files: Files,
    private readonly identityFolder: string,
  ) {}

  async read(): Promise<PendingJoin | undefined> {
    const bytes = await this.files.read(this.path, 65_536);
    if (!bytes) return undefined;
    try {
      return JSON.parse(Buffer.from(bytes).toString('utf8')) as PendingJoin;
    } catch (cause) {
      const message = `${this.path} cannot be read: remove it and join again.`;
      throw new AppError(ErrorReason.INVALID, message, { cause });
    }
  }

  async keep(pending: PendingJoin): Promise<void> {
    await this.files.makeFolder(this.identityFolder, 0o700);
    await this.files.writeAtomic(this.path, `${JSON.stringify(pending, undefined, 2)}\n`, { mode: 0o600 });
  }

  async forget(): Promise<void> {
    await this.files.removeTree(this.path);
  }

  private get path(): string {
    return `${this.identityFolder}/${NAME}`;
  }
}
