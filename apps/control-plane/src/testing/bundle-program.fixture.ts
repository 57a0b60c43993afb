import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { rolldown } from 'rolldown';

const app = join(import.meta.dirname, '../..');

export interface Program {
  readonly file: string;
  remove(): Promise<void>;
}

/** The control plane as a program of its own, from the sources as they are. `name` is this test's alone. */
export async function bundleProgram(name: string): Promise<Program> {
  // Within the package's own modules, where what is not bundled is found and no build clears up.
  const folder = join(app, 'node_modules/.programs', name);
  await using bundle = await rolldown({
    input: join(app, 'src/main.ts'),
    platform: 'node',
    tsconfig: join(app, 'tsconfig.json'),
    external: (id) => !/^(@ostler\/|@oxc-project\/runtime|[./\0])/.test(id),
  });
  const file = join(folder, 'main.js');
  await bundle.write({ file, format: 'esm', keepNames: true });
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}
