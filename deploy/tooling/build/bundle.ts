import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RolldownOptions } from 'rolldown';

/** What Node finds in the app's own node_modules. A package that only one of our packages needs is bundled. */
function installedFor(folder: string): (id: string) => boolean {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'optionalDependencies', Record<string, string>>;
  const names = Object.keys({ ...dependencies, ...optionalDependencies });
  const others = names.filter((name) => !name.startsWith('@ostler/'));
  return (id) => others.some((name) => id === name || id.startsWith(`${name}/`));
}

/** What every program of ours has in common. Decorators and their metadata follow the app's tsconfig.json. */
function program(folder: string): RolldownOptions {
  return {
    input: { main: join(folder, 'src/main.ts') },
    platform: 'node',
    tsconfig: join(folder, 'tsconfig.json'),
    // A warning about our code, or an import that leads nowhere, is something that fails later and elsewhere.
    onLog: (level, { code, id, message }) => {
      const isOurs = !id?.includes('node_modules');
      if (level === 'warn' && (isOurs || code === 'UNRESOLVED_IMPORT')) throw new Error(message);
    },
  };
}

/** Our own sources in one file; the app's dependencies stay in node_modules, where Nest finds its optional parts. */
export function serverBundle(folder: string): RolldownOptions {
  return {
    ...program(folder),
    external: installedFor(folder),
    output: { dir: join(folder, 'dist'), format: 'esm', sourcemap: true, keepNames: true, cleanDir: true },
  };
}

/** Everything in one file that runs without node_modules. `external` is what is loaded on demand, if it is there. */
export function standaloneBundle(
  folder: string,
  { file, format, external = [] }: { file: string; format: 'cjs' | 'esm'; external?: string[] },
): RolldownOptions {
  return {
    ...program(folder),
    external,
    output: {
      file: join(folder, 'dist', file),
      format,
      sourcemap: true,
      keepNames: true,
      codeSplitting: false,
    },
  };
}
