import { create, toBinary } from '@bufbuild/protobuf';
import { ReleaseIndexSchema } from '@ostler/contracts';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeFiles } from '../host/fs/fake';
import { sha256Of } from '../store';
import { createJsonLog } from '../telemetry';
import { FakeClock } from '@ostler/test-kit';
import { readReleaseIndex } from './release-rules';
import { ReleaseStore, type ReleaseSource } from './release-store';

const FOLDER = '/releases';
let files: FakeFiles;
let fetched: string[];
let contents: Map<string, Uint8Array>;
let indexes: Map<string, Uint8Array>;
/** The connection breaks after this many bytes of one file. */
let breakAfter: number;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const source: ReleaseSource = {
  async fetchRelease(digest) {
    const index = indexes.get(digest);
    if (!index) throw new Error('no such release');
    return index;
  },
  async *fetchFile(sha256, offset) {
    const content = contents.get(hex(sha256));
    if (!content) throw new Error('no such file');
    fetched.push(`${hex(sha256).slice(0, 4)}+${offset}`);
    for (let at = Number(offset); at < content.byteLength; at += 4) {
      if (at - Number(offset) >= breakAfter) throw new Error('the connection broke');
      yield content.subarray(at, at + 4);
    }
  },
};

beforeEach(async () => {
  files = new FakeFiles();
  await files.makeFolder(FOLDER, 0o755);
  fetched = [];
  contents = new Map();
  indexes = new Map();
  breakAfter = Infinity;
});

function releases(): ReleaseStore {
  const log = createJsonLog({ clock: new FakeClock(), level: 'error', write: () => undefined });
  return new ReleaseStore({ folder: FOLDER, files, source, log });
}

/** Publishes a release; its digest. */
function publish(tree: Record<string, string>): string {
  const list = Object.entries(tree).map(([path, text]) => {
    const content = new Uint8Array(Buffer.from(text));
    const sha256 = sha256Of(content);
    contents.set(hex(sha256), content);
    return { path, size: BigInt(content.byteLength), sha256 };
  });
  const index = toBinary(ReleaseIndexSchema, create(ReleaseIndexSchema, { files: list }));
  const digest = `sha256:${hex(sha256Of(index))}`;
  indexes.set(digest, index);
  return digest;
}

const pathOf = (digest: string): string => `${FOLDER}/${digest.slice(7)}`;

describe('a release', () => {
  test('is fetched once, whole, and readable by nginx', async () => {
    const digest = publish({ 'index.html': 'hello', 'assets/a.css': 'body{}', empty: '' });
    const store = releases();
    const [first, second] = await Promise.all([store.folder(digest), store.folder(digest)]);
    expect([first, second]).toEqual([pathOf(digest), pathOf(digest)]);
    expect(files.tree(first)).toEqual({
      [`${first}/assets/a.css`]: 'body{}',
      [`${first}/empty`]: '',
      [`${first}/index.html`]: 'hello',
    });
    expect((await files.state(`${first}/index.html`))!.mode).toBe(0o644);
    expect((await files.state(`${first}/assets`))!.mode).toBe(0o755);
    const before = fetched.length;
    await store.folder(digest);
    expect(fetched).toHaveLength(before);
  });

  test('goes on where the connection broke, also with another agent, and is not there before it is whole', async () => {
    const digest = publish({ 'a.txt': 'first file', 'b.txt': 'second file' });
    breakAfter = 4;
    await expect(releases().folder(digest)).rejects.toThrow('broke');
    expect(await files.state(pathOf(digest))).toBeUndefined();
    breakAfter = Infinity;
    const folder = await releases().folder(digest);
    expect(Object.values(files.tree(folder))).toEqual(['first file', 'second file']);
    expect(fetched.map((text) => text.split('+')[1])).toEqual(['0', '4', '0']);
  });

  test('that arrives with other bytes is refused', async () => {
    const digest = publish({ 'a.txt': 'right' });
    contents.set(hex(sha256Of(new Uint8Array(Buffer.from('right')))), new Uint8Array(Buffer.from('wrong')));
    await expect(releases().folder(digest)).rejects.toThrow('another hash');
    expect(await files.state(pathOf(digest))).toBeUndefined();
  });

  test('that is longer than it says is cut and refused', async () => {
    const digest = publish({ 'a.txt': 'right' });
    contents.set(
      hex(sha256Of(new Uint8Array(Buffer.from('right')))),
      new Uint8Array(Buffer.from('right and more')),
    );
    await expect(releases().folder(digest)).rejects.toThrow('another hash');
  });

  test('whose half-built folder holds something else does not serve it', async () => {
    const digest = publish({ 'a.txt': 'right' });
    files.seed(`${pathOf(digest)}.partial/planted.html`, 'evil');
    files.seed(`${pathOf(digest)}.partial/a.txt`, 'wrong');
    const folder = await releases().folder(digest);
    expect(files.tree(folder)).toEqual({ [`${folder}/a.txt`]: 'right' });
  });

  test('for which the disk has no room says how much it needs', async () => {
    const digest = publish({ 'a.txt': 'right' });
    files.free = 1000;
    await expect(releases().folder(digest)).rejects.toThrow('1000 bytes free');
  });

  test('is whole or absent after a crash at any step', async () => {
    const digest = publish({ 'index.html': 'hello', 'assets/a.css': 'body{}' });
    const whole = { 'assets/a.css': 'body{}', 'index.html': 'hello' };
    for (let step = 0; ; step++) {
      files = new FakeFiles();
      await files.makeFolder(FOLDER, 0o755);
      files.crashAfter(step);
      const crashed = await releases()
        .folder(digest)
        .then(
          () => false,
          () => true,
        );
      files.heal();
      if ((await files.list(FOLDER)).includes(digest.slice(7))) expect(relative(digest)).toEqual(whole);
      await releases().folder(digest);
      expect(relative(digest)).toEqual(whole);
      if (!crashed) break;
      expect(step).toBeLessThan(50);
    }
  });
});

function relative(digest: string): Record<string, string> {
  const prefix = `${pathOf(digest)}/`;
  return Object.fromEntries(
    Object.entries(files.tree(pathOf(digest))).map(([path, text]) => [path.slice(prefix.length), text]),
  );
}

describe('collection', () => {
  test('keeps what is in use and the newest others, and removes half-built ones', async () => {
    const digests = ['one', 'two', 'three', 'four'].map((text) => publish({ 'a.txt': text }));
    for (const digest of digests) await releases().folder(digest);
    files.seed(`${FOLDER}/${'0'.repeat(64)}.partial/a`, 'half');
    await releases().collect(new Set([digests[0]!]), 1);
    expect(await files.list(FOLDER)).toEqual(
      [digests[0], digests[3]].map((digest) => digest!.slice(7)).sort(),
    );
  });
});

describe('a file list', () => {
  const digestOf = (paths: string[]) => {
    const list = paths.map((path) => ({ path, size: 0n, sha256: new Uint8Array(32) }));
    const bytes = toBinary(ReleaseIndexSchema, create(ReleaseIndexSchema, { files: list }));
    return { bytes, digest: `sha256:${hex(sha256Of(bytes))}` };
  };

  test.each([
    ['../escape'],
    ['a/../../b'],
    ['/absolute'],
    ['a//b'],
    ['a/./b'],
    ['a/'],
    [''],
    ['new\nline'],
    ['nul\0'],
    ['back\\slash'],
    ['x'.repeat(256)],
    ['d/'.repeat(600) + 'x'],
  ])('with the path %j is refused', (path) => {
    const { bytes, digest } = digestOf([path]);
    expect(() => readReleaseIndex(digest, bytes)).toThrow('is refused');
  });

  test('with a path twice, or as file and folder, is refused', () => {
    for (const paths of [
      ['a', 'a'],
      ['a', 'a/b'],
      ['a/b', 'a'],
    ]) {
      const { bytes, digest } = digestOf(paths);
      expect(() => readReleaseIndex(digest, bytes)).toThrow('is refused');
    }
  });

  test('of other bytes than its digest is refused', () => {
    const { digest } = digestOf(['a']);
    expect(() => readReleaseIndex(digest, digestOf(['b']).bytes)).toThrow('another hash');
  });

  test.each(['sha256:../../etc', 'latest', `sha256:${'A'.repeat(64)}`, ''])(
    'of the digest %j is refused',
    async (digest) => {
      await expect(releases().folder(digest)).rejects.toThrow('not a digest');
    },
  );
});
