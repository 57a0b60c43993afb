import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { AppError } from '@ostler/kernel';
import { ErrorReason, type Resource } from '@ostler/contracts';
import { parseSpecFile } from '@ostler/resource-model';

/** Every resource of the spec files: `-` is standard input, a folder means its .yaml, .yml and .json files. */
export async function readSpecFiles(paths: readonly string[]): Promise<Resource[]> {
  const resources: Resource[] = [];
  const violations: { field: string; reason: string; message: string }[] = [];
  for (const path of paths.flatMap(expand)) {
    const parsed = parseSpecFile(path === '-' ? await text(process.stdin) : readFileSync(path, 'utf8'));
    resources.push(...parsed.resources);
    for (const found of parsed.violations) {
      const place = `${path === '-' ? 'standard input' : path}${found.line ? `:${found.line}` : ''}`;
      violations.push({ ...found, field: found.field ? `${place} ${found.field}` : place });
    }
  }
  if (violations.length > 0)
    throw new AppError(ErrorReason.INVALID, 'A spec file is not valid.', { violations });
  if (resources.length === 0)
    throw AppError.invalid('-f', 'EMPTY', 'no resource was found in the files given');
  return resources;
}

function expand(path: string): string[] {
  if (path === '-') return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
  } catch (error) {
    throw AppError.invalid(
      '-f',
      'UNREADABLE',
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
