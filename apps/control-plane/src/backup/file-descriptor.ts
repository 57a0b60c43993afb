import { fstat, fsync, read, write } from 'node:fs';
import { promisify } from 'node:util';

/**
 * Files by their descriptor: a backup is opened by who may read and write it, and handed to a process that
 * may not open it itself.
 */
export type Descriptor = number;

const statOf = promisify(fstat);
const syncOf = promisify(fsync);
const readOf = promisify(read);
const writeOf = promisify(write);

export async function sizeOf(file: Descriptor): Promise<number> {
  return (await statOf(file)).size;
}

export async function readAt(file: Descriptor, length: number, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await readOf(file, Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** The system may take less than all at once. */
export async function appendAll(file: Descriptor, bytes: Uint8Array): Promise<number> {
  for (let done = 0; done < bytes.length;) {
    done += (await writeOf(file, bytes, done, bytes.length - done, null)).bytesWritten;
  }
  return bytes.length;
}

export const sync: (file: Descriptor) => Promise<void> = syncOf;
