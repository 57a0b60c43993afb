import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

/** `write new`: a file that must not be there yet, and that is there only when it is whole. */
export interface FileUse {
  readonly argument: string;
  readonly how: 'read' | 'write new';
}

/** A file of the command line while it is open. */
export interface OpenedFile {
  readonly descriptor: number;
  /** Gives a new file its name. */
  keep(): Promise<void>;
  /** Forgets what was written; does nothing after `keep`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** `fd:3` is one that the process was handed. */
export async function openArgument({ argument, how }: FileUse): Promise<OpenedFile> {
  const handed = /^fd:(\d+)$/.exec(argument)?.[1];
  if (handed !== undefined) return handedFile(Number(handed));
  return how === 'read' ? openToRead(argument) : openNew(argument);
}

function handedFile(descriptor: number): OpenedFile {
  const nothing = (): Promise<void> => Promise.resolve();
  return { descriptor, keep: nothing, [Symbol.asyncDispose]: nothing };
}

async function openToRead(path: string): Promise<OpenedFile> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new AppError(ErrorReason.INVALID, `${path} cannot be read: ${error.message}`);
  });
  return { ...handedFile(file.fd), [Symbol.asyncDispose]: () => file.close() };
}

/** For its owner alone, from its first byte on. */
async function openNew(path: string): Promise<OpenedFile> {
  if (await stat(path).catch(() => undefined)) {
    throw new AppError(ErrorReason.ALREADY_EXISTS, `${path} is there already; choose another name.`);
  }
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  const file = await open(partial, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new AppError(ErrorReason.INVALID, `${path} cannot be written: ${error.message}`);
  });
  let isKept = false;
  return {
    descriptor: file.fd,
    keep: async () => {
      await file.sync();
      await rename(partial, path);
      await syncFolder(dirname(path));
      isKept = true;
    },
    [Symbol.asyncDispose]: async () => {
      await file.close();
      if (!isKept) await rm(partial, { force: true });
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  await using folder: FileHandle = await open(path, 'r');
  await folder.sync();
}
