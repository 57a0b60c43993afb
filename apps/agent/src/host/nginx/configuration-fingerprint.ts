import { readdir, stat } from 'node:fs/promises';

const MOST_FILES = 4000;

/**
 * Tells whether a folder of configuration has changed since: names, sizes and times of everything below, links
 * followed. Undefined when there is too much to look at each time.
 */
export async function fingerprintOf(folder: string, left: readonly string[]): Promise<string | undefined> {
  const seen: string[] = [];
  const look = async (path: string, depth: number): Promise<void> => {
    if (left.includes(path) || seen.length > MOST_FILES || depth > 8) return;
    const state = await stat(path).catch(() => undefined);
    // A folder's own time moves with our own hook beside the others: its names say enough.
    if (!state?.isDirectory()) {
      seen.push(`${path} ${state?.size} ${state?.mtimeMs} ${state?.ino}`);
      return;
    }
    const names = (await readdir(path)).filter((name) => !name.startsWith('.'));
    for (const name of names.sort()) await look(`${path}/${name}`, depth + 1);
  };
  await look(folder, 0);
  return seen.length > MOST_FILES ? undefined : seen.join('\n');
}
