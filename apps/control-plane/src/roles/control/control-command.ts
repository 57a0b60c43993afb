import type { Config } from '../../config';
import type { Log } from '../../platform/log';
import type { FileUse } from './file-argument';

/** What a command of `ostler-control` is given. */
export interface ControlContext {
  readonly config: Config;
  readonly log: Log;
  /** To standard output. */
  readonly print: (text: string) => void;
}

export interface ControlCommand {
  /** Its arguments, and options that it takes. */
  readonly usage: string;
  readonly summary: string;
  /** Arguments that name files, which are opened by who calls and not by the owner of the data folder. */
  readonly files?: (args: readonly string[]) => readonly FileUse[];
  /** @throws AppError that says what to do. */
  run(args: readonly string[], context: ControlContext): Promise<void>;
}
