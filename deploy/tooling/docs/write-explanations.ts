import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { explanations } from './explanations.ts';
import { readContract } from './write-reference.ts';

// `pnpm docs:explain`: what the command line says of every field, from the comments and rules of proto/.

export const explanationsFile = join(
  import.meta.dirname,
  '../../../apps/cli/src/commands/explain/explanations.json',
);

if (import.meta.main) {
  await writeFile(explanationsFile, `${JSON.stringify(explanations(await readContract()), undefined, 2)}\n`);
}
