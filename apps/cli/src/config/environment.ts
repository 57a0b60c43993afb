import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the environment says. The only place of the CLI that reads it. */
export interface Environment {
  /** OSTLER_URL: address of the control plane, before what the file says. */
  readonly url?: string;
  /** OSTLER_TOKEN: an API token, before the session of the file. */
  readonly token?: string;
  /** OSTLER_CONTEXT: the sign-in to use, of those of the file. */
  readonly context?: string;
  /** OSTLER_PASSWORD: for signing in without a terminal. */
  readonly password?: string;
  /** OSTLER_NEW_PASSWORD: for changing the password without a terminal. */
  readonly newPassword?: string;
  /** Where sign-ins are kept: OSTLER_CONFIG, or `ostler/cli.json` in the user's configuration folder. */
  readonly contextFile: string;
  /** Where what can be made again is kept, like names for completion. */
  readonly cacheFolder: string;
  /** What the person edits text with: VISUAL, then EDITOR, as a program with arguments. */
  readonly editor?: string;
  /** BROWSER: what opens an address, in place of the desktop's own. */
  readonly browser?: string;
  readonly colour: boolean;
  /** Columns of the terminal; undefined when the output is not one. */
  readonly columns?: number;
}

export function readEnvironment(
  variables: NodeJS.ProcessEnv = process.env,
  terminal: { isTTY?: boolean; columns?: number } = process.stdout,
): Environment {
  const folder = variables['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  return Object.freeze({
    url: variables['OSTLER_URL'] || undefined,
    token: variables['OSTLER_TOKEN'] || undefined,
    context: variables['OSTLER_CONTEXT'] || undefined,
    password: variables['OSTLER_PASSWORD'] || undefined,
    newPassword: variables['OSTLER_NEW_PASSWORD'] || undefined,
    contextFile: variables['OSTLER_CONFIG'] || join(folder, 'ostler', 'cli.json'),
    cacheFolder: join(variables['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ostler'),
    editor: variables['VISUAL'] || variables['EDITOR'] || undefined,
    browser: variables['BROWSER'] || undefined,
    // https://no-color.org: set and not empty turns colour off.
    colour: terminal.isTTY === true && !variables['NO_COLOR'] && variables['TERM'] !== 'dumb',
    columns: terminal.isTTY === true ? terminal.columns : undefined,
  });
}
