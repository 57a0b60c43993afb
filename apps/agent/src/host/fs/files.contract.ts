import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Files } from './port';

/** What every implementation of `Files` does. `root` is an empty folder of its own. */
export function filesContract(open: () => Promise<{ files: Files; root: string }>): void {
  test('what is not there is undefined or empty, never an error', async () => {
    const { files, root } = await open();
    const missing = `${root}/no/such`;
    expect(await files.state(missing)).toBeUndefined();
    expect(await files.read(missing)).toBeUndefined();
    expect(await files.readPiece(missing, 0, 10)).toBeUndefined();
    expect(await files.sha256(missing)).toBeUndefined();
    expect(await files.list(missing)).toEqual([]);
    expect(await files.readLink(missing)).toBeUndefined();
    await files.removeTree(missing);
  });

  test('an atomic write replaces the content, has its bits and leaves nothing beside it', async () => {
    const { files, root } = await open();
    await files.writeAtomic(`${root}/a`, 'one', { mode: 0o600 });
    await files.writeAtomic(`${root}/a`, new TextEncoder().encode('two'), { mode: 0o644 });
    expect(Buffer.from((await files.read(`${root}/a`))!).toString()).toBe('two');
    expect(await files.state(`${root}/a`)).toMatchObject({ kind: 'file', size: 3, mode: 0o644, links: 1 });
    expect(await files.list(root)).toEqual(['a']);
  });

  test('a file is appended to, read in pieces and hashed', async () => {
    const { files, root } = await open();
    await files.append(`${root}/log`, Buffer.from('hello '), { mode: 0o600 });
    await files.append(`${root}/log`, Buffer.from('world'), { mode: 0o600 });
    expect(Buffer.from((await files.readPiece(`${root}/log`, 6, 100))!).toString()).toBe('world');
    expect((await files.readPiece(`${root}/log`, 11, 100))!.byteLength).toBe(0);
    const hash = createHash('sha256').update('hello world').digest();
    expect(Buffer.from((await files.sha256(`${root}/log`))!)).toEqual(hash);
    expect((await files.state(`${root}/log`))!.mode).toBe(0o600);
  });

  test('what is larger than asked for is refused', async () => {
    const { files, root } = await open();
    await files.writeStaged(`${root}/big`, 'x'.repeat(100), { mode: 0o600 });
    await expect(files.read(`${root}/big`, 99)).rejects.toThrow('99');
  });

  test('folders are made with those above, a tree moves and is removed as one', async () => {
    const { files, root } = await open();
    await files.makeFolder(`${root}/tree/deep`, 0o700);
    await files.writeStaged(`${root}/tree/deep/b`, 'b', { mode: 0o644 });
    await files.writeStaged(`${root}/tree/a`, 'a', { mode: 0o644 });
    await files.syncTree(`${root}/tree`);
    expect((await files.state(`${root}/tree/deep`))!.mode).toBe(0o700);
    await files.rename(`${root}/tree`, `${root}/moved`);
    expect(await files.list(`${root}/moved`)).toEqual(['a', 'deep']);
    expect(Buffer.from((await files.read(`${root}/moved/deep/b`))!).toString()).toBe('b');
    expect(await files.state(`${root}/tree`)).toBeUndefined();
    await files.removeTree(`${root}/moved`);
    expect(await files.list(root)).toEqual([]);
  });

  test('a link is replaced atomically and followed only for reading', async () => {
    const { files, root } = await open();
    await files.writeStaged(`${root}/one`, '1', { mode: 0o644 });
    await files.writeStaged(`${root}/two`, '2', { mode: 0o644 });
    await files.linkAtomic(`${root}/current`, `${root}/one`);
    await files.linkAtomic(`${root}/current`, `${root}/two`);
    expect(await files.readLink(`${root}/current`)).toBe(`${root}/two`);
    expect((await files.state(`${root}/current`))!.kind).toBe('link');
    expect(Buffer.from((await files.read(`${root}/current`))!).toString()).toBe('2');
    await files.writeAtomic(`${root}/current`, 'plain', { mode: 0o644 });
    expect(Buffer.from((await files.read(`${root}/two`))!).toString()).toBe('2');
  });

  test('a second name counts, and stays when the first goes', async () => {
    const { files, root } = await open();
    await files.writeStaged(`${root}/one`, '1', { mode: 0o644 });
    await files.linkFile(`${root}/one`, `${root}/two`);
    expect((await files.state(`${root}/one`))!.links).toBe(2);
    await expect(files.linkFile(`${root}/one`, `${root}/two`)).rejects.toThrow('EEXIST');
    await files.removeTree(`${root}/one`);
    expect((await files.state(`${root}/two`))!.links).toBe(1);
  });

  test.each([
    ['relative', 'etc/passwd'],
    ['with ..', '/tmp/../etc/passwd'],
    ['ending in ..', '/tmp/..'],
    ['with .', '/tmp/./a'],
    ['with an empty part', '/tmp//a'],
    ['with a NUL', '/tmp/a\0b'],
    ['with an over-long part', `/tmp/${'a'.repeat(256)}`],
    ['empty', ''],
  ])('a path %s is refused by every call', async (_what, path) => {
    const { files, root } = await open();
    const options = { mode: 0o600 };
    const calls: (() => Promise<unknown>)[] = [
      () => files.state(path),
      () => files.read(path),
      () => files.readPiece(path, 0, 1),
      () => files.sha256(path),
      () => files.list(path),
      () => files.readLink(path),
      () => files.freeBytes(path),
      () => files.writeAtomic(path, '', options),
      () => files.writeStaged(path, '', options),
      () => files.append(path, new Uint8Array(), options),
      () => files.syncTree(path),
      () => files.makeFolder(path, 0o700),
      () => files.rename(root, path),
      () => files.linkAtomic(path, '/x'),
      () => files.linkFile(root, path),
      () => files.removeTree(path),
    ];
    for (const call of calls)
      await expect(call(), call.toString()).rejects.toMatchObject({ name: 'AppError' });
  });
}
