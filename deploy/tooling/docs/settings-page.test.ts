import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { settingsPage } from './settings-page.ts';

const root = join(import.meta.dirname, '../../..');

it('docs/settings.md says what the programs read (pnpm docs:settings writes it)', async () => {
  expect(await readFile(join(root, 'docs/settings.md'), 'utf8')).toBe(settingsPage());
});

it.each([
  ['the command line', 'apps/cli/src/config/environment.ts', /variables\['(OSTLER_\w+)'\]/g],
  ['the launcher', 'deploy/launcher/bootstrap.sh', /\$\{(OSTLER_\w+):-/g],
])('the page has every setting of %s', async (_program, file, pattern) => {
  const names = [...(await readFile(join(root, file), 'utf8')).matchAll(pattern)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect(settingsPage()).toContain(`\`${name}\``);
});
