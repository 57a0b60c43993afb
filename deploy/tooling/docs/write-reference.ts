import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { referencePages, type FileDescriptor } from './reference-pages.ts';

// `pnpm docs:reference`: docs/reference/*.md from the comments and rules of proto/.

const root = join(import.meta.dirname, '../../..');

/** The contract with its comments, as buf reads it. */
export async function readContract(): Promise<FileDescriptor[]> {
  const buf = join(root, 'node_modules/.bin/buf');
  const { stdout } = await promisify(execFile)(
    buf,
    ['build', '--as-file-descriptor-set', '-o', '-#format=json'],
    {
      cwd: join(root, 'proto'),
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  return (JSON.parse(stdout) as { file: FileDescriptor[] }).file;
}

if (import.meta.main) {
  for (const { name, text } of referencePages(await readContract())) {
    await writeFile(join(root, 'docs/reference', name), text);
  }
}
