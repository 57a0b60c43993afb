import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const compressible = /^(text|application)\/|svg/;
const compress = promisify(gzip);

/** A file as it is sent. */
export interface SiteFile {
  readonly body: Buffer;
  /** Absent where it would not be smaller. */
  readonly gzipped: Buffer | undefined;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
}

/** The built console, held in memory: some hundred kilobytes, and no path of a request reaches the disk. */
export class ConsoleFiles {
  private constructor(private readonly files: ReadonlyMap<string, SiteFile>) {}

  /** Empty when the folder is not there. */
  static async load(folder: string): Promise<ConsoleFiles> {
    const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = new Map<string, SiteFile>();
    for (const entry of found) {
      if (!entry.isFile() || entry.name.endsWith('.map')) continue;
      const file = join(entry.parentPath, entry.name);
      const path = `/${relative(folder, file).split(sep).join('/')}`;
      files.set(path, await readSiteFile(file, path));
    }
    return new ConsoleFiles(files);
  }

  /** The file of a path; the console's page for any other path that a person opens. */
  find(path: string, wantsPage: boolean): SiteFile | undefined {
    const file = this.files.get(path === '/' ? '/index.html' : path);
    return file ?? (wantsPage ? this.files.get('/index.html') : undefined);
  }

  get isBuilt(): boolean {
    return this.files.has('/index.html');
  }
}

/** @param path below the root of its site, which decides how long a browser keeps it. */
export async function readSiteFile(file: string, path: string): Promise<SiteFile> {
  const body = await readFile(file);
  const type = types[extname(file)] ?? 'application/octet-stream';
  const gzipped = compressible.test(type) ? await compress(body) : undefined;
  return {
    body,
    gzipped: gzipped && gzipped.length < body.length ? gzipped : undefined,
    type,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    // Names under /assets/ hold a hash of the content; everything else is asked for anew.
    cacheControl: path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}
