import { AppError } from '@ostler/kernel';

const LONGEST_PATH_BYTES = 4095;
const LONGEST_NAME_BYTES = 255;

/** Refuses what is not one absolute, normalised path (limits: Linux, PATH_MAX and NAME_MAX). */
export function checkPath(path: string): void {
  if (!path.startsWith('/')) refuse(path, 'it is not absolute');
  if (path.includes('\0')) refuse(path, 'it contains a NUL');
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES)
    refuse(path, `it is longer than ${LONGEST_PATH_BYTES} bytes`);
  for (const name of path.slice(1).split('/')) {
    if (name === '' && path !== '/') refuse(path, 'it has an empty part');
    if (name === '.' || name === '..') refuse(path, `it has the part "${name}"`);
    if (Buffer.byteLength(name) > LONGEST_NAME_BYTES)
      refuse(path, `a part is longer than ${LONGEST_NAME_BYTES} bytes`);
  }
}

function refuse(path: string, why: string): never {
  throw AppError.invalid('path', 'PATH_REFUSED', `${JSON.stringify(path.slice(0, 200))} is refused: ${why}.`);
}

/** Every folder above the path, outermost first, without the root. */
export function foldersAbove(path: string): string[] {
  const parts = path.slice(1).split('/');
  return parts.slice(0, -1).map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
