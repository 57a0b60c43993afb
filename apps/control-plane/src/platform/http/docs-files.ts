import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { readSiteFile } from './console-files';
import type { NodeRequest } from './request-guard';
import { type NodeResponse, type RouteHandler, sendFile, text } from './site-routes';

const prefix = '/docs/';

/**
 * The built documentation below /docs/. Which files there are is read once, so no path of a request reaches the
 * disk; a file is read when somebody asks for it, so that pages that nobody reads cost no memory.
 */
export class DocsFiles implements RouteHandler {
  private constructor(
    private readonly folder: string,
    private readonly names: ReadonlySet<string>,
  ) {}

  /** Without pages when the folder is not there. */
  static async load(folder: string): Promise<DocsFiles> {
    const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = found.filter((entry) => entry.isFile());
    const names = files.map((entry) => relative(folder, join(entry.parentPath, entry.name)));
    return new DocsFiles(folder, new Set(names.map((name) => name.split(sep).join('/'))));
  }

  async answer(path: string, request: NodeRequest, response: NodeResponse): Promise<boolean> {
    if (path === '/docs') {
      // The links of the first page are relative.
      response.setHeader('location', prefix);
      text(response, 308, `moved to ${prefix}`);
      return true;
    }
    if (!path.startsWith(prefix)) return false;
    if (this.names.size === 0) {
      text(response, 404, 'the documentation is not built; run npm start');
      return true;
    }
    const name = this.nameOf(path.slice(prefix.length));
    const file = await readSiteFile(join(this.folder, name ?? '404.html'), path);
    sendFile(file, request, response, name === undefined ? 404 : 200);
    return true;
  }

  /** A page is known without its ending, too: that is how errors name it. */
  private nameOf(path: string): string | undefined {
    return [path, `${path}.html`, join(path, 'index.html')].find((name) => this.names.has(name));
  }
}
