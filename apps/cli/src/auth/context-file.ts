import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, messageOf } from '@ostler/kernel';
import { ErrorReason } from '@ostler/contracts';

/** Where the CLI is signed in. */
export interface SignedIn {
  readonly url: string;
  readonly email: string;
  readonly token: string;
}

/** The stored sign-in; undefined when there is none. Refuses a file that others can read. */
export function readContext(path: string): SignedIn | undefined {
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
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return parseContext(path, text);
}

function parseContext(path: string, text: string): SignedIn {
  try {
    const { url, email, token } = JSON.parse(text) as Record<string, unknown>;
    if (typeof url === 'string' && typeof email === 'string' && typeof token === 'string') {
      return { url, email, token };
    }
    throw new Error('a field is missing');
  } catch (error) {
    throw new AppError(
      ErrorReason.INVALID,
      `${path} is not a sign-in of ostler (${messageOf(error)}). Remove it and sign in again.`,
    );
  }
}

/** Replaces the file as a whole, readable by its owner alone. */
export function writeContext(path: string, context: SignedIn): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(context, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

export function forgetContext(path: string): void {
  rmSync(path, { force: true });
}
