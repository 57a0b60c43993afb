import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { cliPage } from './cli-page.ts';

const page = join(import.meta.dirname, '../../../docs/reference/cli.md');

it('docs/reference/cli.md says what the program takes (pnpm docs:cli writes it)', async () => {
  expect(await readFile(page, 'utf8')).toBe(await cliPage());
});

it('a command has its arguments, its options with their defaults, and a line in the overview', async () => {
  const text = await cliPage();
  expect(text).toContain('$ ostler site publish <folder> [options]');
  expect(text).toContain('| `--timeout <seconds>` | `120` | how long to wait |');
  expect(text).toContain('| [`servers list`](#servers-list) | List servers with their state. |');
});
