import { createHash } from 'node:crypto';

import { fromBinary } from '@bufbuild/protobuf';
import { ReleaseIndexSchema } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type Engine, helloSite, requestId, startEngine } from '../resources/engine.fixture';
import { Releases } from './index';

let engine: Engine;
let web1: string;
let web2: string;

beforeAll(async () => {
  engine = await startEngine();
  web1 = await engine.addServer('web-1');
  web2 = await engine.addServer('web-2');
});
afterAll(() => engine.close());

const sha256 = (data: Uint8Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(createHash('sha256').update(data).digest());
const file = (path: string, data: Uint8Array) => ({ path, size: BigInt(data.length), sha256: sha256(data) });
const page = Buffer.from('<p>hello</p>');
const big = Buffer.alloc(2_500_000, 'x');
const begin = (files: ReturnType<typeof file>[]) => engine.releases.begin({ requestId: requestId(), files });
const put = (data: Uint8Array, offset = 0, end = data.length) =>
  engine.releases.putFile({
    sha256: sha256(data),
    size: BigInt(data.length),
    offset: BigInt(offset),
    data: data.subarray(offset, end),
  });

test('a release is put in pieces, committed, served to the servers of its sites and to no other', async () => {
  const { release, missing } = await begin([
    file('big.bin', big),
    file('index.html', page),
    file('again/copy.html', page),
    file('empty', Buffer.alloc(0)),
  ]);
  expect(missing).toHaveLength(3);
  const digest = release!.digest;
  await expect(engine.releases.commit({ requestId: requestId(), digest })).rejects.toThrow(
    /3 of the contents/,
  );
  const site = helloSite('static', {
    handler: { answer: { case: 'staticFiles', value: { release: digest } } },
  });
  await expect(engine.resources.apply({ requestId: requestId(), resources: [site] })).rejects.toThrow(
    /not complete/,
  );
  await put(page);
  await put(Buffer.alloc(0));
  expect(await put(big, 0, 1_000_000)).toMatchObject({ nextOffset: 1_000_000n });
  expect(await put(big, 0, 1_000_000)).toMatchObject({ nextOffset: 1_000_000n });
  await expect(put(big, 2_000_000, 2_500_000)).rejects.toThrow(
    /leaves a gap; the next piece begins at 1000000/,
  );
  await put(big, 1_000_000, 2_000_000);
  expect(await put(big, 2_000_000)).toMatchObject({ nextOffset: 2_500_000n });
  expect((await engine.releases.commit({ requestId: requestId(), digest })).release).toMatchObject({
    complete: true,
    files: 4,
    bytes: 2_500_024n,
  });

  await engine.resources.apply({ requestId: requestId(), resources: [site] });
  const releases = engine.app.get(Releases);
  const index = await releases.index(web1, digest);
  expect(`sha256:${createHash('sha256').update(index!).digest('hex')}`).toBe(digest);
  expect(fromBinary(ReleaseIndexSchema, index!).files.map(({ path }) => path)).toEqual([
    'again/copy.html',
    'big.bin',
    'empty',
    'index.html',
  ]);
  const pieces: Uint8Array[] = [];
  for (let offset = 0n; ;) {
    const piece = await releases.read(web1, sha256(big), offset);
    if (piece!.length === 0) break;
    pieces.push(piece!);
    offset += BigInt(piece!.length);
  }
  expect(Buffer.concat(pieces).equals(big)).toBe(true);
  expect(await releases.index(web2, digest)).toBeUndefined();
  expect(await releases.read(web2, sha256(page), 0n)).toBeUndefined();
});

test('the same files in another order are the same release, complete at once', async () => {
  const { release, missing } = await begin([
    file('empty', Buffer.alloc(0)),
    file('again/copy.html', page),
    file('index.html', page),
    file('big.bin', big),
  ]);
  expect(missing).toEqual([]);
  expect(release).toMatchObject({ complete: true });
});

test('content that is not what its hash says is not taken', async () => {
  const promised = Buffer.from('promised');
  await begin([file('promised', promised)]);
  await engine.releases.putFile({
    sha256: sha256(promised),
    size: 8n,
    offset: 0n,
    data: Buffer.from('delivery'),
  });
  const { missing } = await begin([file('promised', promised)]);
  expect(missing).toHaveLength(1);
});

test.each(['../up', '/absolute', 'a/../b', 'a//b', './a', 'a\\b', 'a\nb', 'a\0', '.', 'x\u202ey'])(
  'the path %j is refused',
  async (path) => {
    await expect(begin([file(path, page)])).rejects.toThrow(/files\[0\]\.path/);
  },
);

test('a file cannot be a folder too', async () => {
  await expect(begin([file('a', page), file('a/b', page)])).rejects.toThrow(/lies in a, which is a file/);
});
