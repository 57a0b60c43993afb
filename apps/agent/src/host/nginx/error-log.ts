import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';

const MOST_BYTES = 256 * 1024;

/** What was written to the log after an offset; a log that became shorter was rotated and is read from its start. */
export async function readLogAfter(path: string, offset: number): Promise<{ text: string; size: number }> {
  // Asked many times while a reload is watched; most times there is nothing new.
  if (statSync(path, { throwIfNoEntry: false })?.size === offset) return { text: '', size: offset };
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { text: '', size: 0 };
    throw error;
  }
  try {
    const { size } = await file.stat();
    const from = Math.max(size < offset ? 0 : offset, size - MOST_BYTES);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return { text: buffer.toString('utf8', 0, bytesRead), size: from + bytesRead };
  } finally {
    await file.close();
  }
}
