import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const consoleFolder = fileURLToPath(new URL('../../apps/console/', import.meta.url));

/**
 * Builds the console as it is shipped, into a folder of its own. In a process of its own, because the test
 * runner's NODE_ENV would make it a development build.
 */
export async function buildConsole(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'ostler-console-'));
  const vite = createRequire(join(consoleFolder, 'package.json')).resolve('vite/package.json');
  const child = spawn(
    process.execPath,
    [join(dirname(vite), 'bin/vite.js'), 'build', '--logLevel', 'error', '--emptyOutDir', '--outDir', outDir],
    { cwd: consoleFolder, stdio: ['ignore', 'inherit', 'inherit'], env: { PATH: process.env.PATH } },
  );
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`The console could not be built: vite ended with ${code}.`);
  return outDir;
}
