import { mkdtemp, rm, symlink, chown, mkdir, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeFiles } from './fake';
import { filesContract } from './files.contract';
import { createLinuxFiles } from './linux';

const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function realFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ostler-files-'));
  made.push(folder);
  return folder;
}

describe('in memory', () => {
  filesContract(async () => {
    const files = new FakeFiles();
    await files.makeFolder('/root', 0o700);
    return { files, root: '/root' };
  });

  test('a full disk fails the change and leaves the old content', async () => {
    const files = new FakeFiles({ '/a': 'old' });
    files.failAfter(0, 'ENOSPC');
    await expect(files.writeAtomic('/a', 'new', { mode: 0o644 })).rejects.toThrow('ENOSPC');
    expect(files.tree()).toEqual({ '/a': 'old' });
    expect(await files.freeBytes('/')).toBe(0);
    files.heal();
    await files.writeAtomic('/a', 'new', { mode: 0o644 });
    expect(files.tree()).toEqual({ '/a': 'new' });
  });

  test('a crash after n changes keeps those n and answers nothing until the restart', async () => {
    const files = new FakeFiles();
    files.crashAfter(1);
    await files.writeAtomic('/a', '1', { mode: 0o644 });
    await expect(files.writeAtomic('/b', '2', { mode: 0o644 })).rejects.toThrow('CRASH');
    await expect(files.read('/a')).rejects.toThrow('CRASH');
    files.heal();
    expect(files.tree()).toEqual({ '/a': '1' });
  });
});

describe('on this machine', () => {
  filesContract(async () => ({ files: createLinuxFiles(), root: await realFolder() }));

  test('a failed write leaves no temporary file', async () => {
    const root = await realFolder();
    await mkdir(join(root, 'taken'));
    await expect(createLinuxFiles().writeAtomic(join(root, 'taken'), 'x', { mode: 0o600 })).rejects.toThrow();
    expect(await createLinuxFiles().list(root)).toEqual(['taken']);
  });

  test('a staged write does not follow a link that lies in its place', async () => {
    const root = await realFolder();
    await writeFile(join(root, 'victim'), 'safe');
    await symlink(join(root, 'victim'), join(root, 'trap'));
    const files = createLinuxFiles();
    await expect(files.writeStaged(join(root, 'trap'), 'x', { mode: 0o600 })).rejects.toThrow('ELOOP');
    await expect(files.append(join(root, 'trap'), Buffer.from('x'), { mode: 0o600 })).rejects.toThrow(
      'ELOOP',
    );
    expect(await readFile(join(root, 'victim'), 'utf8')).toBe('safe');
  });

  test.runIf(process.geteuid?.() === 0)(
    'nothing is written below a folder or link of another user',
    async () => {
      const root = await realFolder();
      const files = createLinuxFiles();
      await mkdir(join(root, 'theirs'));
      await chown(join(root, 'theirs'), 65534, 65534);
      await expect(files.writeAtomic(join(root, 'theirs', 'a'), 'x', { mode: 0o600 })).rejects.toThrow(
        '65534',
      );
      await expect(files.removeTree(join(root, 'theirs', 'a'))).rejects.toThrow('65534');
      await expect(files.makeFolder(join(root, 'theirs', 'a'), 0o700)).rejects.toThrow('65534');
    },
  );
});
