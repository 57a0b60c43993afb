import { AppError } from '@ostler/kernel';
import { Problems, releasePath } from '@ostler/resource-model';

/** A file of the person's own machine, under the path that it will have. */
export interface LocalFile {
  readonly path: string;
  readonly file: File;
}

export interface RefusedName {
  readonly path: string;
  readonly why: string;
}

const MOST_FILES = 20_000;
const MOST_FILE_BYTES = 1024 ** 3;

/** What was dropped: of one folder its content, of several things those themselves. */
export async function filesOfDrop(items: Iterable<DataTransferItem>): Promise<LocalFile[]> {
  // The list of a drop is empty as soon as its handler has returned: everything is taken at once.
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const [first] = entries;
  const only = entries.length === 1 && first?.isDirectory ? first : undefined;
  const found = await Promise.all(
    only ? [filesBelow(only, '')] : entries.map((entry) => filesBelow(entry, entry.name)),
  );
  return found.flat();
}

async function filesBelow(entry: FileSystemEntry, path: string): Promise<LocalFile[]> {
  if (entry.isFile) return [{ path, file: await fileOf(entry as FileSystemFileEntry) }];
  const entries = await entriesOf(entry as FileSystemDirectoryEntry);
  const found = await Promise.all(
    entries.map((one) => filesBelow(one, path === '' ? one.name : `${path}/${one.name}`)),
  );
  return found.flat();
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    entry.file(resolve, ({ message }) =>
      reject(AppError.invalid(entry.fullPath, 'UNREADABLE', `cannot be read: ${message}`)),
    );
  });
}

/** A folder tells its entries a hundred at a time, until it tells none. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, ({ message }) =>
        reject(AppError.invalid(folder.fullPath, 'UNREADABLE', `cannot be read: ${message}`)),
      );
    });
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** What was chosen in a folder dialog; its own name is no part of the paths. */
export function filesOfFolder(files: Iterable<File>): LocalFile[] {
  return [...files].map((file) => ({
    path: file.webkitRelativePath.split('/').slice(1).join('/') || file.name,
    file,
  }));
}

/** Names that would not be safe on a server, each with the reason. */
export function refusedNames(files: readonly LocalFile[]): RefusedName[] {
  return files.flatMap(({ path, file }) => {
    const verdict = releasePath(path);
    if (!verdict.ok) return [{ path, why: verdict.message }];
    return file.size > MOST_FILE_BYTES ? [{ path, why: 'is larger than 1 GiB' }] : [];
  });
}

/** @throws AppError INVALID when there is nothing, or too much of it. */
export function refuseCount(files: readonly LocalFile[]): void {
  const problems = new Problems();
  if (files.length === 0) problems.add('folder', 'EMPTY', 'holds no file');
  if (files.length > MOST_FILES) {
    problems.add('folder', 'TOO_MANY', `holds ${files.length} files; a release has at most ${MOST_FILES}`);
  }
  problems.throwIfAny();
}
