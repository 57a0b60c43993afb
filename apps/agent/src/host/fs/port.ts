export interface FileState {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
  /** Of its content or of anything else about it (ctime), which nobody can set back. */
  readonly changedMs: number;
  /** How many names the file has (hard links). */
  readonly links: number;
}

export interface WriteOptions {
  /** Permission bits, set before the content is there. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Files of the server. Every path is absolute; `..`, empty parts and NUL are refused. What changes
 * something goes through folders and links that root or the agent's own user owns, and never follows a
 * link at the end of the path.
 */
export interface Files {
  /** Undefined when there is none; links are not followed. */
  state(path: string): Promise<FileState | undefined>;
  /** Undefined when there is none. Throws when it is larger than `mostBytes` (default 16 MiB). */
  read(path: string, mostBytes?: number): Promise<Uint8Array | undefined>;
  /** A piece, shorter at the end of the file; undefined when there is no file. */
  readPiece(path: string, offset: number, mostBytes: number): Promise<Uint8Array | undefined>;
  /** SHA-256 of a file of any size, read in pieces; undefined when there is none. */
  sha256(path: string): Promise<Uint8Array | undefined>;
  /** Temporary file beside it, fsync, rename, fsync of the folder: old or new, never half. */
  writeAtomic(path: string, content: Uint8Array | string, options: WriteOptions): Promise<void>;
  /** Written once where nothing is live yet (a staging tree): no fsync of its own; see `syncTree`. */
  writeStaged(path: string, content: Uint8Array | string, options: WriteOptions): Promise<void>;
  /** Appends to a file that is not live; made with these bits when there is none. No fsync. */
  append(path: string, content: Uint8Array, options: WriteOptions): Promise<void>;
  /** A second name for the same file; fails when `to` exists or is on another file system. */
  linkFile(from: string, to: string): Promise<void>;
  /** fsync of every file and folder below. */
  syncTree(path: string): Promise<void>;
  makeFolder(path: string, mode: number): Promise<void>;
  /** Names, sorted; empty when there is none. */
  list(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  /** Replaces the link atomically. */
  linkAtomic(path: string, target: string): Promise<void>;
  readLink(path: string): Promise<string | undefined>;
  removeTree(path: string): Promise<void>;
  freeBytes(path: string): Promise<number>;
}
