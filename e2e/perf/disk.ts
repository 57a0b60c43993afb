import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { timeEach } from './statistics';

const PAGE_BYTES = 8192;

/**
 * Milliseconds of one small durable write in this folder, as a commit makes it: a page over an earlier one, then
 * fdatasync. The file keeps its size, as PostgreSQL's recycled log segments do.
 */
export async function timeFdatasync(folder: string, count: number): Promise<number[]> {
  const file = join(folder, 'fdatasync-probe');
  const handle = await open(file, 'w+');
  try {
    const page = Buffer.alloc(PAGE_BYTES, 1);
    for (let index = 0; index < count; index++) await handle.write(page, 0, PAGE_BYTES, index * PAGE_BYTES);
    await handle.sync();
    return await timeEach(count, async (index) => {
      await handle.write(page, 0, PAGE_BYTES, index * PAGE_BYTES);
      await handle.datasync();
    });
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
}
