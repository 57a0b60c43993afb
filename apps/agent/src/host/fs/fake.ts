import { createHash } from 'node:crypto';
import { checkPath, foldersAbove, parentOf } from './path-rules';
import type { Files, FileState, WriteOptions } from './port';

interface Node {
  kind: 'file' | 'folder' | 'link';
  content: Uint8Array;
  mode: number;
  uid: number;
  gid: number;
  modifiedMs: number;
  changedMs: number;
  links: number;
}

/** What a fake machine does to the next changes of its files. */
interface Fault {
  remaining: number;
  readonly code: 'ENOSPC' | 'EIO' | 'CRASH';
}

/** Files in memory, with the contract of the real ones and faults on demand. */
export class FakeFiles implements Files {
  private readonly nodes = new Map<string, Node>();
  private fault: Fault | undefined;
  private ticks = 0;
  free = 1024 ** 4;
  /** How many changes have been made: what a test walks through with `crashAfter`. */
  changes = 0;

  constructor(initial: Readonly<Record<string, string>> = {}) {
    this.nodes.set('/', this.node('folder', '', 0o755));
    for (const [path, content] of Object.entries(initial)) this.seed(path, content);
  }

  /** A file that was there before. */
  seed(path: string, content: string | Uint8Array, mode = 0o644): void {
    for (const folder of foldersAbove(path)) this.folder(folder);
    this.nodes.set(path, this.node('file', content, mode));
  }

  /** Every change after `changes` more fails with this error, until `heal`. */
  failAfter(changes: number, code: 'ENOSPC' | 'EIO'): void {
    this.fault = { remaining: changes, code };
  }

  /** The machine stops after `changes` more: nothing works until `heal` (a restart). */
  crashAfter(changes: number): void {
    this.fault = { remaining: changes, code: 'CRASH' };
  }

  heal(): void {
    this.fault = undefined;
  }

  /** Path and text of every file, for assertions. */
  tree(below = '/'): Record<string, string> {
    const files = [...this.nodes].filter(([path, node]) => node.kind === 'file' && isBelow(path, below));
    return Object.fromEntries(
      files
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([path, node]) => [path, Buffer.from(node.content).toString()]),
    );
  }

  async state(path: string): Promise<FileState | undefined> {
    checkPath(path);
    this.checkAlive();
    const node = this.nodes.get(path);
    return node && { ...node, size: node.content.byteLength };
  }

  async read(path: string, mostBytes = 16 * 1024 * 1024): Promise<Uint8Array | undefined> {
    const node = this.follow(path);
    if (node && node.content.byteLength > mostBytes)
      throw new Error(`${path} is larger than ${mostBytes} bytes`);
    return node && Uint8Array.from(node.content);
  }

  async readPiece(path: string, offset: number, mostBytes: number): Promise<Uint8Array | undefined> {
    return this.follow(path)?.content.slice(offset, offset + mostBytes);
  }

  async sha256(path: string): Promise<Uint8Array | undefined> {
    const node = this.follow(path);
    return node && createHash('sha256').update(node.content).digest();
  }

  async list(path: string): Promise<string[]> {
    checkPath(path);
    this.checkAlive();
    const prefix = path === '/' ? '/' : `${path}/`;
    const below = [...this.nodes.keys()].filter((key) => key !== '/' && key.startsWith(prefix));
    return below
      .map((key) => key.slice(prefix.length))
      .filter((name) => !name.includes('/'))
      .sort();
  }

  async readLink(path: string): Promise<string | undefined> {
    checkPath(path);
    const node = this.nodes.get(path);
    return node?.kind === 'link' ? Buffer.from(node.content).toString() : undefined;
  }

  async freeBytes(path: string): Promise<number> {
    checkPath(path);
    return this.fault?.code === 'ENOSPC' ? 0 : this.free;
  }

  async writeAtomic(path: string, content: Uint8Array | string, options: WriteOptions): Promise<void> {
    this.put(path, this.node('file', content, options.mode, options));
  }

  async writeStaged(path: string, content: Uint8Array | string, options: WriteOptions): Promise<void> {
    this.put(path, this.node('file', content, options.mode, options));
  }

  async append(path: string, content: Uint8Array, options: WriteOptions): Promise<void> {
    const before = this.nodes.get(path);
    const joined = Buffer.concat([before?.content ?? new Uint8Array(), content]);
    this.put(path, this.node('file', joined, before?.mode ?? options.mode, options));
  }

  async syncTree(path: string): Promise<void> {
    checkPath(path);
    this.checkAlive();
    if (!this.nodes.has(path)) throw fault('ENOENT', path);
  }

  async makeFolder(path: string, mode: number): Promise<void> {
    checkPath(path);
    for (const folder of foldersAbove(path)) this.folder(folder);
    const before = this.nodes.get(path);
    if (before && before.kind !== 'folder') throw fault('ENOTDIR', path);
    if (before?.mode === mode) return;
    this.change(path);
    this.nodes.set(path, this.node('folder', '', mode));
  }

  async rename(from: string, to: string): Promise<void> {
    checkPath(to);
    const node = this.nodes.get(from);
    if (!node) throw fault('ENOENT', from);
    if (node.kind === 'folder' && (await this.list(to)).length > 0) throw fault('ENOTEMPTY', to);
    this.requireFolder(to);
    this.change(from);
    for (const [path, moved] of [...this.nodes].filter(([key]) => isBelow(key, from))) {
      this.nodes.delete(path);
      this.nodes.set(to + path.slice(from.length), moved);
    }
  }

  async linkFile(from: string, to: string): Promise<void> {
    checkPath(to);
    const node = this.nodes.get(from);
    if (!node) throw fault('ENOENT', from);
    if (this.nodes.has(to)) throw fault('EEXIST', to);
    this.requireFolder(to);
    this.change(to);
    node.links += 1;
    this.nodes.set(to, node);
  }

  async linkAtomic(path: string, target: string): Promise<void> {
    this.put(path, this.node('link', target, 0o777));
  }

  async removeTree(path: string): Promise<void> {
    checkPath(path);
    const below = [...this.nodes].filter(([key]) => isBelow(key, path));
    if (below.length === 0) return;
    this.change(path);
    for (const [key, node] of below) {
      node.links -= 1;
      this.nodes.delete(key);
    }
  }

  private follow(path: string): Node | undefined {
    checkPath(path);
    this.checkAlive();
    const node = this.nodes.get(path);
    if (node?.kind === 'folder') throw new Error(`${path} is not a regular file.`);
    if (node?.kind !== 'link') return node;
    const target = Buffer.from(node.content).toString();
    return this.follow(target.startsWith('/') ? target : `${parentOf(path)}/${target}`);
  }

  private put(path: string, node: Node): void {
    checkPath(path);
    this.requireFolder(path);
    if (this.nodes.get(path)?.kind === 'folder') throw fault('EISDIR', path);
    this.change(path);
    this.nodes.set(path, node);
  }

  private folder(path: string): void {
    if (this.nodes.has(path)) return;
    this.change(path);
    this.nodes.set(path, this.node('folder', '', 0o755));
  }

  private requireFolder(path: string): void {
    if (this.nodes.get(parentOf(path))?.kind !== 'folder') throw fault('ENOENT', path);
  }

  private node(
    kind: Node['kind'],
    content: string | Uint8Array,
    mode: number,
    owner: Partial<WriteOptions> = {},
  ): Node {
    const bytes = typeof content === 'string' ? Buffer.from(content) : Uint8Array.from(content);
    const { uid = 0, gid = 0 } = owner;
    const ticks = ++this.ticks;
    return { kind, content: bytes, mode, uid, gid, modifiedMs: ticks, changedMs: ticks, links: 1 };
  }

  private checkAlive(): void {
    if (this.fault?.code === 'CRASH' && this.fault.remaining <= 0) throw fault('CRASH', 'the machine');
  }

  private change(path: string): void {
    if (this.fault && this.fault.remaining-- <= 0) throw fault(this.fault.code, path);
    this.changes += 1;
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function fault(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
