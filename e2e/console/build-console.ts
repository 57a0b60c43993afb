import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** Builds the console as it is shipped, into a folder of its own. */
export async function buildConsole(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'ostler-console-'));
  await build({
    configFile: fileURLToPath(new URL('../../apps/console/vite.config.ts', import.meta.url)),
    logLevel: 'error',
    mode: 'production',
    build: { outDir, emptyOutDir: true },
  });
  return outDir;
}
