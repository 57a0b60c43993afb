import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { AppError, type Violation } from '@ostler/kernel';
import { ErrorReason, type Resource } from '@ostler/contracts';
import { parseSpecFile } from '@ostler/resource-model';
import { kindName } from '../../output/names';

/** A resource of a spec file, and where it stands. */
export interface Declared {
  readonly resource: Resource;
  readonly place: string;
}

/** Every resource of the spec files. @throws AppError INVALID with all that is wrong in them, by file and line. */
export async function readSpecFiles(paths: readonly string[]): Promise<Resource[]> {
  return (await readDeclared(paths)).map(({ resource }) => resource);
}

/** `-` is standard input; a folder means the .yaml, .yml and .json files in it that are not hidden. */
export async function readDeclared(paths: readonly string[]): Promise<Declared[]> {
  const declared: Declared[] = [];
  const violations: Violation[] = [];
  for (const path of new Set(paths.flatMap(expand))) {
    const place = path === '-' ? 'standard input' : path;
    const parsed = parseSpecFile(path === '-' ? await text(process.stdin) : readText(path));
    declared.push(...parsed.resources.map((resource) => ({ resource, place })));
    violations.push(...parsed.violations.map((found) => inFile(place, found)));
  }
  violations.push(...declaredTwice(declared));
  if (violations.length > 0)
    throw new AppError(ErrorReason.INVALID, 'A spec file is not valid.', { violations });
  if (declared.length === 0)
    throw AppError.invalid('-f', 'EMPTY', 'no resource was found in the files given');
  return declared;
}

interface Found extends Violation {
  readonly line: number;
}

export function inFile(place: string, { line, field, reason, message }: Found): Violation {
  const at = `${place}${line ? `:${line}` : ''}`;
  return { field: field ? `${at} ${field}` : at, reason, message };
}

/** One name in two files: whichever came last would win, and nobody would know. */
function declaredTwice(declared: readonly Declared[]): Violation[] {
  const first = new Map<string, string>();
  return declared.flatMap(({ resource: { meta }, place }) => {
    const name = `${kindName(meta?.kind ?? 0)}/${meta?.name}`;
    const before = first.get(name);
    first.set(name, before ?? place);
    if (before === undefined) return [];
    return [{ field: place, reason: 'DECLARED_TWICE', message: `${name} is declared in ${before} already` }];
  });
}

function expand(path: string): string[] {
  if (path === '-') return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
    return specFilesOf(path).sort();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Hidden folders are not entered: .git and .github hold YAML of others. */
function specFilesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return specFilesOf(path);
    return entry.isFile() && /\.(ya?ml|json)$/.test(entry.name) ? [path] : [];
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): AppError {
  return AppError.invalid(
    '-f',
    'UNREADABLE',
    `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
  );
}
