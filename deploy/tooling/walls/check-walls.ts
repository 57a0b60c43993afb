import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { findBreaches } from './find-breaches.ts';

const root = join(import.meta.dirname, '../../..');

/** Tracked and new files alike, so that a breach is seen before it is committed. */
async function sourceFiles(): Promise<string[]> {
  const argv = ['ls-files', '--cached', '--others', '--exclude-standard', '--', 'apps', 'packages', 'e2e'];
  const { stdout } = await promisify(execFile)('git', argv, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  const isSource = (file: string) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts');
  return stdout.split('\n').filter((file) => isSource(file) && existsSync(join(root, file)));
}

const files = await sourceFiles();
const { breaches, seen } = await findBreaches(root, files);
for (const { rule, comment, file, offence } of breaches) {
  console.error(`${file}\n  ${rule}: ${offence}\n  ${comment}`);
}
const unseen = files.filter((file) => !seen.includes(file));
for (const file of unseen) console.error(`${file}\n  was not understood by the checker`);
console.log(`walls: ${files.length} files, ${breaches.length} breaches, ${unseen.length} not understood`);
process.exitCode = breaches.length + unseen.length > 0 ? 1 : 0;
