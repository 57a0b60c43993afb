import { execFile } from 'node:child_process';
import { copyFile, glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { promisify } from 'node:util';

import { rolldown } from 'rolldown';

// `pnpm sdk:package`: the TypeScript client as a package for any registry or `npm install FOLDER`: JavaScript for
// Node and browsers, with its types. What it needs beside it are the libraries of Connect and protobuf.
//   node deploy/sdk/make-package.ts [OUTPUT]     makes OUTPUT/ostler-sdk, default: dist

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
/** Ours, which are part of the one package. */
const parts = ['sdk', 'contracts', 'kernel'];

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

export async function makeSdkPackage(output: string): Promise<string> {
  const folder = join(output, 'ostler-sdk');
  const staging = `${folder}.${process.pid}`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  const manifests = await Promise.all(parts.map(manifestOf));
  const dependencies = librariesOf(manifests);
  await bundle(staging, Object.keys(dependencies));
  await Promise.all(parts.map((part) => emitTypes(part, staging)));
  await writeManifest(staging, manifests[0]!, dependencies);
  await copyFile(join(root, 'packages/sdk/README.md'), join(staging, 'README.md'));
  await copyFile(join(root, 'LICENSE'), join(staging, 'LICENSE'));
  await rm(folder, { recursive: true, force: true });
  await rename(staging, folder);
  return folder;
}

async function manifestOf(part: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, 'packages', part, 'package.json'), 'utf8')) as Manifest;
}

function librariesOf(manifests: readonly Manifest[]): Record<string, string> {
  const all = manifests.flatMap(({ dependencies }) => Object.entries(dependencies));
  return Object.fromEntries(all.filter(([name]) => !name.startsWith('@ostler/')).sort(byName));
}

const byName = ([one]: [string, string], [other]: [string, string]): number => (one < other ? -1 : 1);

async function bundle(staging: string, libraries: readonly string[]): Promise<void> {
  const isLibrary = (id: string): boolean =>
    libraries.some((name) => id === name || id.startsWith(`${name}/`));
  const input = {
    index: join(root, 'packages/sdk/src/index.ts'),
    contracts: join(root, 'packages/contracts/src/index.ts'),
  };
  const build = await rolldown({ input, platform: 'neutral', external: isLibrary });
  await build.write({ dir: staging, format: 'esm', chunkFileNames: 'shared.js' });
  await build.close();
}

/** Types of one of our packages below types/, leading to one another by their place and not by a name. */
async function emitTypes(part: string, staging: string): Promise<void> {
  const source = join(root, 'packages', part);
  const folder = join(staging, 'types', part);
  const emit = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly'];
  const place = ['--rootDir', join(source, 'src'), '--outDir', folder];
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', source, ...emit, ...place], { cwd: root });
  for await (const name of glob('**/*.d.ts', { cwd: folder })) {
    const file = join(folder, name);
    if (/\.(test|fixture|fake|contract)\.d\.ts$/.test(name)) await rm(file);
    else
      await writeFile(file, relinked(await readFile(file, 'utf8'), relative(join(staging, 'types'), file)));
  }
}

/** As every way of Node and TypeScript resolves them: with an ending, and without our names. */
export function relinked(text: string, file: string): string {
  return text.replaceAll(
    /((?:from|import\()\s*['"])([^'"]+)(['"])/g,
    (all, head: string, to: string, tail: string) => {
      const own = /^@ostler\/(\w+)$/.exec(to)?.[1];
      if (own !== undefined) return `${head}${posix.relative(dirname(file), `${own}/index`)}.js${tail}`;
      return to.startsWith('.') ? `${head}${to}.js${tail}` : all;
    },
  );
}

async function writeManifest(
  staging: string,
  { version, license }: Manifest,
  dependencies: Record<string, string>,
): Promise<void> {
  const manifest = {
    name: '@ostler/sdk',
    version,
    description: 'The typed client of Ostler, one declarative control plane for plain Linux servers',
    license,
    type: 'module',
    sideEffects: false,
    exports: {
      '.': { types: './types/sdk/index.d.ts', default: './index.js' },
      './contracts': { types: './types/contracts/index.d.ts', default: './contracts.js' },
    },
    engines: { node: '>=20' },
    dependencies,
  };
  await writeFile(join(staging, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

if (import.meta.main) {
  const [output = join(root, 'dist')] = process.argv.slice(2);
  console.log(await makeSdkPackage(output));
}
