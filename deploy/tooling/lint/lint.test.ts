import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

// A linter whose type-aware half is missing, or whose rules were renamed, is silent. So each rule that the project
// counts on has an offence here that must be found.

const root = join(import.meta.dirname, '../../..');
let folder: string;
let found: string[];

const offences: Record<string, string> = {
  'typescript(no-floating-promises)': 'export function a() { later(); }',
  'typescript(no-misused-promises)': 'export function b() { if (later()) return 1; return 2; }',
  'typescript(await-thenable)': 'export async function c() { await 1; }',
  'typescript(switch-exhaustiveness-check)': `export function d(v: 'x' | 'y') { switch (v) { case 'x': return 1; } return 2; }`,
  'typescript(only-throw-error)': `export function e() { throw 'text'; }`,
  'typescript(no-explicit-any)': 'export const f = (value: any) => value as string;',
  'typescript(ban-ts-comment)': '// @ts-ignore\nexport const g: number = "1";',
  'node(no-process-env)': 'export const h = process.env.HOME;',
  'eslint(no-restricted-imports)': `export { execSync } from 'node:child_process';`,
  'eslint(no-console)': `console.log('here');`,
  'eslint(eqeqeq)': 'export const i = (v: unknown) => v == 1;',
  'eslint(no-unused-vars)': 'const unused = 1;',
  'eslint(max-lines-per-function)': `export function j() {\n${'  void 0;\n'.repeat(61)}}`,
  'eslint(no-restricted-properties)': 'export const k = Date.now();',
  'eslint(no-restricted-globals)': 'setTimeout(() => undefined, 1);',
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-lint-'));
  const source = join(folder, 'src');
  await mkdir(source);
  const settings = { extends: join(root, 'tsconfig.base.json'), compilerOptions: { types: [] } };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const text = [
    'export async function later(): Promise<boolean> { return true; }',
    ...Object.values(offences),
  ];
  await writeFile(join(source, 'canary.loop.ts'), text.join('\n'));
  found = await lint(source);
});

afterAll(() => rm(folder, { recursive: true }));

function lint(path: string): Promise<string[]> {
  const argv = ['-c', join(root, '.oxlintrc.json'), '--format', 'json', path];
  return new Promise((settle) => {
    execFile(join(root, 'node_modules/.bin/oxlint'), argv, (_error, stdout) => {
      const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string }[] };
      settle(diagnostics.map(({ code }) => code));
    });
  });
}

it.each(Object.keys(offences))('%s is seen', (rule) => {
  expect(found).toContain(rule);
});
