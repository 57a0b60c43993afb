import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runnerImport } from 'vite';

// The CLI is written for a bundler (imports without an extension), so it is loaded by one.
const { module } = await runnerImport<typeof import('./cli-page-text.ts')>(
  join(import.meta.dirname, 'cli-page-text.ts'),
  { configFile: false, logLevel: 'error' },
);
await writeFile(join(import.meta.dirname, '../../../docs/reference/cli.md'), module.text);
