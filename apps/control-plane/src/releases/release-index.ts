import { createHash } from 'node:crypto';

import { create, toBinary } from '@bufbuild/protobuf';
import { type ReleaseFile, ReleaseIndexSchema } from '@ostler/contracts';
import { Problems, releasePath } from '@ostler/resource-model';

export interface BuiltIndex {
  /** Exact bytes; their SHA-256 is the digest of the release. docs/adr/0102 has golden ones. */
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly totalBytes: bigint;
  /** Each content once: lower-case hexadecimal hash to size. */
  readonly contents: ReadonlyMap<string, bigint>;
}

export const MOST_BYTES = 10n * 1024n * 1024n * 1024n;

/**
 * The canonical list of the files of a release: by path, ascending in UTF-8 bytes.
 *
 * @throws AppError INVALID naming every path that is unsafe, doubled, or both a file and a folder.
 */
export function buildIndex(files: readonly ReleaseFile[]): BuiltIndex {
  const problems = new Problems();
  checkPaths(files, problems);
  const contents = new Map<string, bigint>();
  let totalBytes = 0n;
  for (const [index, { sha256, size }] of files.entries()) {
    const hash = Buffer.from(sha256).toString('hex');
    if ((contents.get(hash) ?? size) !== size) {
      problems.add(`files[${index}].size`, 'SIZE_MISMATCH', 'has the hash of another file of another size');
    }
    contents.set(hash, size);
    totalBytes += size;
  }
  if (totalBytes > MOST_BYTES) problems.add('files', 'TOO_LARGE', 'have more than 10 GiB together');
  problems.throwIfAny();
  const sorted = files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const list = sorted.map(({ path, size, sha256 }) => ({ path, size, sha256 }));
  const bytes = toBinary(ReleaseIndexSchema, create(ReleaseIndexSchema, { files: list }));
  return {
    bytes,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    totalBytes,
    contents,
  };
}

function checkPaths(files: readonly ReleaseFile[], problems: Problems): void {
  const paths = new Set<string>();
  for (const [index, { path }] of files.entries()) {
    const verdict = releasePath(path);
    if (!verdict.ok) problems.add(`files[${index}].path`, verdict.reason, verdict.message);
    if (paths.has(path)) problems.add(`files[${index}].path`, 'DUPLICATE', 'is listed twice');
    paths.add(path);
  }
  for (const [index, { path }] of files.entries()) {
    const folder = foldersOf(path).find((candidate) => paths.has(candidate));
    if (folder) problems.add(`files[${index}].path`, 'NOT_A_FOLDER', `lies in ${folder}, which is a file`);
  }
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}
