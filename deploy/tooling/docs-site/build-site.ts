import { copyFile, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { rolldown } from 'rolldown';

import { makeSite, renderPages } from './make-site.ts';

// The documentation as a folder of files that any web server can give out: `pnpm docs:site`, part of the build.
//   node build-site.ts [FOLDER]     default: dist beside this file

const own = import.meta.dirname;
const root = join(own, '../../..');

const fonts = {
  'sans.woff2': '@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2',
  'mono.woff2': '@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2',
};

export async function buildSite(folder: string): Promise<number> {
  const pages = await renderPages(root);
  const staging = `${folder}.${process.pid}`;
  await rm(staging, { recursive: true, force: true });
  for (const [path, text] of makeSite(pages)) {
    await mkdir(dirname(join(staging, path)), { recursive: true });
    await writeFile(join(staging, path), text);
  }
  await cp(join(root, 'docs/images'), join(staging, 'images'), { recursive: true });
  await copyFile(join(root, 'docs/reference/openapi.json'), join(staging, 'reference/openapi.json'));
  await copyAssets(join(staging, 'assets'));
  await rm(folder, { recursive: true, force: true });
  await rename(staging, folder);
  return pages.length;
}

/** Colours, mark and the choice of theme are the console's own: the two are one place for who reads. */
async function copyAssets(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const consoleFolder = join(root, 'apps/console');
  const styles = [join(consoleFolder, 'src/theme.css'), join(own, 'site.css')];
  const css = await Promise.all(styles.map((file) => readFile(file, 'utf8')));
  await writeFile(join(folder, 'site.css'), css.join('\n'));
  for (const name of ['theme.js', 'ostler.svg']) {
    await copyFile(join(consoleFolder, 'public', name), join(folder, name));
  }
  const require = createRequire(import.meta.url);
  for (const [name, file] of Object.entries(fonts)) await copyFile(require.resolve(file), join(folder, name));
  const bundle = await rolldown({ input: join(own, 'client/site.ts'), platform: 'browser' });
  await bundle.write({ file: join(folder, 'site.js'), format: 'esm', minify: true });
}

if (import.meta.main) {
  const [folder = join(own, 'dist')] = process.argv.slice(2);
  console.log(`${await buildSite(folder)} pages in ${folder}`);
}
