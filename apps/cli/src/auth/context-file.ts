import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, messageOf } from '@ostler/kernel';
import { ErrorReason } from '@ostler/contracts';

/** A control plane that somebody is signed in to. */
export interface SignedIn {
  readonly url: string;
  readonly email: string;
  readonly token: string;
}

/** What the file holds: sign-ins by the names of their contexts, and the one that is meant when none is named. */
export interface Contexts {
  readonly current: string;
  readonly contexts: Readonly<Record<string, SignedIn>>;
}

const none: Contexts = { current: '', contexts: {} };

/** The stored sign-ins. Refuses a file that others can read. */
export function readContexts(path: string): Contexts {
  let text: string;
  try {
    const mode = statSync(path).mode & 0o777;
    if (mode & 0o077) {
      throw new AppError(
        ErrorReason.INVALID,
        `${path} holds a session and is readable by others (mode ${mode.toString(8)}). Run: chmod 600 ${path}`,
      );
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return none;
    throw error;
  }
  return parseContexts(path, text);
}

function parseContexts(path: string, text: string): Contexts {
  try {
    const read = JSON.parse(text) as Record<string, unknown>;
    if (read['contexts'] === undefined) return { current: 'default', contexts: { default: signedIn(read) } };
    const entries = Object.entries(read['contexts'] as Record<string, Record<string, unknown>>);
    const contexts = Object.fromEntries(entries.map(([name, one]) => [name, signedIn(one)]));
    return { current: typeof read['current'] === 'string' ? read['current'] : '', contexts };
  } catch (error) {
    throw new AppError(
      ErrorReason.INVALID,
      `${path} is not a sign-in of ostler (${messageOf(error)}). Remove it and sign in again.`,
    );
  }
}

/** Also what the whole file was before there were several. */
function signedIn({ url, email, token }: Record<string, unknown>): SignedIn {
  if (typeof url === 'string' && typeof email === 'string' && typeof token === 'string') {
    return { url, email, token };
  }
  throw new Error('a field is missing');
}

/** Keeps a sign-in under a name and makes it the present one. */
export function storeContext(path: string, name: string, context: SignedIn): void {
  const { contexts } = readContexts(path);
  writeContexts(path, { current: name, contexts: { ...contexts, [name]: context } });
}

/** Forgets one. Of those that are left none is chosen by guess, unless there is only one. */
export function forgetContext(path: string, name: string): void {
  const { current, contexts } = readContexts(path);
  const { [name]: _forgotten, ...left } = contexts;
  const names = Object.keys(left);
  const next = current in left ? current : names.length === 1 ? names[0]! : '';
  writeContexts(path, { current: next, contexts: left });
}

/** Replaces the file as a whole, readable by its owner alone. */
export function writeContexts(path: string, contexts: Contexts): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(contexts, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}
