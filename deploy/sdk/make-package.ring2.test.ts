import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { makeSdkPackage, relinked } from './make-package.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
let folder: string;

// A program of somebody else, with the package in its node_modules and nothing of this repository.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-sdk-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@ostler'), { recursive: true });
  await rename(await makeSdkPackage(folder), join(modules, '@ostler/sdk'));
  for (const scope of ['@bufbuild', '@connectrpc']) {
    await symlink(join(root, 'packages/sdk/node_modules', scope), join(modules, scope));
  }
  await mkdir(join(modules, '@types'));
  await symlink(join(root, 'node_modules/@types/node'), join(modules, '@types/node'));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('has types that hold for a program in another place, its README with them', async () => {
  const readme = await readFile(join(folder, 'node_modules/@ostler/sdk/README.md'), 'utf8');
  const program = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  await writeFile(join(folder, 'program.ts'), program);
  await writeFile(
    join(folder, 'wrong.ts'),
    `import { createOstler } from '@ostler/sdk';\nawait createOstler({ baseUrl: '' }).fleet.listServers({ pagesize: 1 });\n`,
  );
  const options = ['--strict', '--noEmit', '--target', 'es2024', '--module', 'nodenext', '--types', 'node'];
  const check = (file: string) =>
    run(join(root, 'node_modules/.bin/tsc'), [...options, file], { cwd: folder });
  await expect(check('wrong.ts')).rejects.toMatchObject({ stdout: expect.stringContaining('pagesize') });
  await check('program.ts');
});

it('runs in Node without anything else of ours', async () => {
  const program = `
    import { createOstler, explainError } from '@ostler/sdk';
    import { ErrorReason } from '@ostler/sdk/contracts';
    const ostler = createOstler({ baseUrl: 'http://127.0.0.1:1' });
    const error = await ostler.live.getInfo({}).catch((error) => error);
    console.log(explainError(error).reason === ErrorReason.UNAVAILABLE);
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
  expect(stdout).toBe('true\n');
});

it('names its libraries, and none of our packages', async () => {
  const text = await readFile(join(folder, 'node_modules/@ostler/sdk/package.json'), 'utf8');
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
  expect(Object.keys(dependencies)).toContain('@connectrpc/connect');
  expect(Object.keys(dependencies).filter((name) => name.startsWith('@ostler/'))).toEqual([]);
});

it('leads from type to type by place', () => {
  expect(relinked(`export * from '@ostler/contracts';`, 'sdk/a/b.d.ts')).toBe(
    `export * from '../../contracts/index.js';`,
  );
  expect(relinked(`import type { A } from './a';`, 'sdk/b.d.ts')).toBe(`import type { A } from './a.js';`);
  expect(relinked(`type A = import("@connectrpc/connect").Client;`, 'sdk/b.d.ts')).toBe(
    `type A = import("@connectrpc/connect").Client;`,
  );
});
