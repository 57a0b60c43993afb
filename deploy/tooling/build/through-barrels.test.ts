import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { throughBarrels } from './through-barrels.ts';

const packages = join(import.meta.dirname, '../../../packages');
const plugin = throughBarrels(packages);

function rewritten(code: string): string {
  const { transform } = plugin;
  if (typeof transform !== 'function') throw new Error('the plugin transforms by a function');
  const answer = Reflect.apply(transform, undefined, [code, '/somewhere/file.ts']) as { code: string } | null;
  return answer?.code ?? code;
}

test('what comes from the door of a package comes from the file that declares it', () => {
  const code = rewritten(
    `import { type Site, AppError as Refusal, ErrorReason } from '@ostler/kernel';\nimport { ErrorReason } from '@ostler/contracts';`,
  );
  // A name that the door does not have leaves its whole import as it is.
  expect(code).toContain("} from '@ostler/kernel';");
  expect(code).toMatch(/import \{ ErrorReason \} from '.*\/gen\/ostler\/meta\/v1\/meta_pb\.ts';/);
});

test('names may be changed, types are left out, and lines stay where they are', () => {
  const code = rewritten(
    `import {\n  type Violation,\n  AppError as Refusal,\n} from '@ostler/kernel';\nnext();`,
  );
  expect(code).toMatch(/^import \{ AppError as Refusal \} from '.*\/kernel\/src\/app-error\.ts';/);
  expect(code.split('\n')[4]).toBe('next();');
});

test('a door that hands on what another file of its package exports by name leads there', () => {
  const code = rewritten("export { toSpecFile, parseSpecFile } from '@ostler/resource-model';");
  const files = [...code.matchAll(/from '([^']+)'/g)].map(([, file]) => file!);
  expect(files.map((file) => file.split('/').at(-1))).toEqual(['write.ts', 'parse.ts']);
  expect(files.every((file) => existsSync(file))).toBe(true);
});

test('other packages and other files are left alone', () => {
  const code = "import { Command } from 'commander';\nimport { x } from './ostler';";
  expect(rewritten(code)).toBe(code);
});
