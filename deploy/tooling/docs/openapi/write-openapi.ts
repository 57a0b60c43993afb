import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readContract } from '../write-reference.ts';
import { openApiDocument } from './document.ts';

// `pnpm docs:reference`: docs/reference/openapi.json from the comments and rules of proto/.

const root = join(import.meta.dirname, '../../../..');
export const openApiFile = join(root, 'docs/reference/openapi.json');

/** As it lies in docs/reference and as the control plane serves it. */
export async function openApiText(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const document = openApiDocument(await readContract(), version);
  return `${JSON.stringify(document, undefined, 1)}\n`;
}

if (import.meta.main) await writeFile(openApiFile, await openApiText());
