import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Not kept: the browser asks for these by itself, or only when the console is installed. */
const LEFT_OUT = /^(sw\.js|app\.webmanifest|icon-.*\.png)$/;

/** Writes `/sw.js`: the service worker with the names of all files of this build, the public ones included. */
export function serviceWorker(root: string): Plugin {
  return {
    name: 'ostler-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const built = Object.values(bundle).map((file) => ({
        name: file.fileName,
        content: file.type === 'chunk' ? file.code : file.source,
      }));
      const kept = [...built, ...publicFiles(join(root, 'public'))].filter(
        ({ name }) => !LEFT_OUT.test(name),
      );
      const files = kept.map(({ name }) => `/${name}`).toSorted((a, b) => (a < b ? -1 : 1));
      const hash = createHash('sha256');
      for (const { name, content } of kept) hash.update(name).update('\0').update(content);
      const version = hash.digest('hex').slice(0, 16);
      const source = readFileSync(join(root, 'service-worker/service-worker.js'), 'utf8')
        .replace('__FILES__', JSON.stringify(files))
        .replace('__VERSION__', JSON.stringify(version));
      this.emitFile({ type: 'asset', fileName: 'sw.js', source });
    },
  };
}

function publicFiles(folder: string) {
  return readdirSync(folder).map((name) => ({ name, content: readFileSync(join(folder, name)) }));
}
