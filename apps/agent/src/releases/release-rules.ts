import { fromBinary } from '@bufbuild/protobuf';
import { ReleaseIndexSchema, type ReleaseIndex } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { sha256Of } from '../store';

const DIGEST = /^sha256:([0-9a-f]{64})$/;
const MOST_FILES = 20_000;
const MOST_PATH_BYTES = 1024;
const MOST_NAME_BYTES = 255;

/** The hexadecimal part of a digest; it names the folder. */
export function folderName(digest: string): string {
  const hex = DIGEST.exec(digest)?.[1];
  if (hex) return hex;
  throw AppError.invalid(
    'release',
    'INVALID',
    `${JSON.stringify(digest.slice(0, 80))} is not a digest of a release.`,
  );
}

/**
 * The file list of a release, whose SHA-256 is its digest. Refuses paths that leave the folder, that hide in
 * it, or that collide: what comes from the control plane may be hostile.
 */
export function readReleaseIndex(digest: string, bytes: Uint8Array): ReleaseIndex {
  if (`sha256:${Buffer.from(sha256Of(bytes)).toString('hex')}` !== digest)
    throw wrong(digest, 'its file list has another hash');
  const index = fromBinary(ReleaseIndexSchema, bytes);
  if (index.files.length > MOST_FILES) throw wrong(digest, `it has more than ${MOST_FILES} files`);
  const folders = new Set<string>();
  const paths = new Set<string>();
  for (const { path, sha256 } of index.files) {
    const why = wrongPath(path);
    if (why) throw wrong(digest, `the path ${JSON.stringify(path.slice(0, 100))} ${why}`);
    if (sha256.byteLength !== 32) throw wrong(digest, `${JSON.stringify(path)} has no SHA-256`);
    if (paths.has(path)) throw wrong(digest, `${JSON.stringify(path)} is there twice`);
    paths.add(path);
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) folders.add(parts.slice(0, depth).join('/'));
  }
  for (const path of paths)
    if (folders.has(path)) throw wrong(digest, `${JSON.stringify(path)} is a file and a folder`);
  return index;
}

function wrongPath(path: string): string | undefined {
  if (path === '' || Buffer.byteLength(path) > MOST_PATH_BYTES)
    return `is empty or longer than ${MOST_PATH_BYTES} bytes`;
  // Control characters, and halves of surrogate pairs, which no file name can hold.
  if (/[\0-\x1f\x7f\\]/.test(path) || !path.isWellFormed()) return 'has control characters or a backslash';
  for (const name of path.split('/')) {
    if (name === '' || name === '.' || name === '..') return `has the part "${name}"`;
    if (Buffer.byteLength(name) > MOST_NAME_BYTES) return `has a part longer than ${MOST_NAME_BYTES} bytes`;
  }
  return undefined;
}

function wrong(digest: string, why: string): AppError {
  return AppError.invalid('release', 'RELEASE_REFUSED', `release ${digest} is refused: ${why}.`);
}
