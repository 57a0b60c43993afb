import type { BinaryPath, Exec } from '../../host/exec';
import type { Files } from '../../host/fs';

/** One part of a bundle. What cannot be had says why, and the others go on. */
export interface Section {
  readonly title: string;
  readonly gather: () => Promise<string>;
}

const COMMAND_TIMEOUT_MS = 5000;
export const MOST_SECTION_BYTES = 65_536;

/** What a program says, both of its streams. */
export function ofCommand(exec: Exec, title: string, binary: BinaryPath, args: readonly string[]): Section {
  return {
    title,
    gather: async () => {
      const limits = { timeoutMs: COMMAND_TIMEOUT_MS, mostOutputBytes: MOST_SECTION_BYTES };
      const { stdout, stderr, timedOut } = await exec.run({ binary, args, ...limits });
      return `${stdout}${stderr}${timedOut ? '\nIt did not end in time.' : ''}`;
    },
  };
}

/** Files of /proc have no size, so they are read as a piece. */
export function ofFile(files: Files, path: string, mostBytes = 4096): Section {
  return {
    title: path,
    gather: async () => {
      const piece = await files.readPiece(path, 0, mostBytes);
      return piece ? Buffer.from(piece).toString('utf8') : 'not available: there is no such file.';
    },
  };
}

/** The end of a file that grows. */
export async function tailOf(files: Files, path: string, mostBytes: number): Promise<string> {
  const size = (await files.state(path))?.size ?? 0;
  const tail = await files.readPiece(path, Math.max(0, size - mostBytes), mostBytes);
  return tail ? Buffer.from(tail).toString('utf8') : `not available: there is no ${path}.`;
}

/** `name: value` lines; what is empty is left out. */
export function pairs(of: Readonly<Record<string, unknown>>): string {
  return Object.entries(of)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join('\n');
}

export function mebibytes(bytes: bigint | number): string {
  return `${Math.round(Number(bytes) / 1024 ** 2)} MiB`;
}
