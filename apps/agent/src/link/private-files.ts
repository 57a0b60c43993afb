import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { Files } from '../host/fs/port';
import { missing } from './identity-checks';

/**
 * Text files that prove who this server is: read only when they belong to root or to the agent's own user and nobody
 * else can read or write them; a link is refused, wherever it leads.
 *
 * @throws AppError UNAVAILABLE that names the file and what to do.
 */
export async function readPrivate(files: Files, path: string): Promise<string> {
  await requirePrivate(files, path, 'file');
  const content = await files.read(path, MOST_BYTES);
  if (!content) throw missing(path);
  return Buffer.from(content).toString('utf8');
}

export async function requirePrivate(files: Files, path: string, kind: 'file' | 'folder'): Promise<void> {
  const state = await files.state(path);
  if (!state) throw missing(path);
  if (state.kind === 'link') throw refused(`${path} is a link: put the ${kind} itself there`);
  if (state.kind !== kind) throw refused(`${path} is no ${kind}`);
  const own = process.geteuid?.() ?? 0;
  if (state.uid !== 0 && state.uid !== own)
    throw refused(`${path} belongs to user ${state.uid}, who could replace it: chown ${own} ${path}`);
  if ((state.mode & 0o077) !== 0) {
    const mode = (state.mode & 0o777).toString(8).padStart(4, '0');
    throw refused(`${path} has mode ${mode}, so others can read or write it: chmod go= ${path}`);
  }
}

const MOST_BYTES = 256 * 1024;

function refused(what: string): AppError {
  return new AppError(ErrorReason.UNAVAILABLE, `${what}.`);
}
