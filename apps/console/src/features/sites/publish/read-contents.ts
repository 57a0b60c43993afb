import { sha256 } from '@noble/hashes/sha2.js';
import { AppError } from '@ostler/kernel';
import type { ReleaseContent } from '@ostler/sdk';
import type { LocalFile } from './local-files';

const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * Reads every file once for its hash, in chunks: one of a gibibyte must not be in memory as a whole, which is
 * all that the browser's own digest could do.
 */
export async function readContents(
  files: readonly LocalFile[],
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<ReleaseContent[]> {
  const contents: ReleaseContent[] = [];
  for (const { path, file } of files) {
    const read = (offset: number, length: number) => readSlice(path, file, offset, length);
    const hash = sha256.create();
    for (let offset = 0; offset < file.size; offset += CHUNK_BYTES) {
      signal.throwIfAborted();
      const chunk = await read(offset, CHUNK_BYTES);
      hash.update(chunk);
      onRead(chunk.length);
    }
    contents.push({ path, sizeBytes: file.size, sha256: hash.digest(), read });
  }
  return contents;
}

async function readSlice(path: string, file: File, offset: number, length: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
  } catch {
    // Chromium and Firefox refuse to read a file that was written after it was chosen.
    throw AppError.invalid(
      path,
      'CHANGED',
      'changed or went away while it was read; choose the folder again',
    );
  }
}
