import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type BackupHeader, decodeHeader, encodeHeader, encodeRecord, RecordKind } from './backup-format';
import { OpenBackup } from './open-backup';
import { keyOf, opened, sealed } from './passphrase-seal';
import { readRecords } from './read-records';

const header: BackupHeader = {
  takenAt: '2026-11-20T12:00:00.000Z',
  version: '0.1.0',
  installationUid: '01890000-0000-7000-8000-000000000001',
  epoch: '1',
  migrations: ['Base1700000000001'],
  encryption: null,
};

// docs/adr/0144-backup-file.md: files with these bytes lie in somebody's archive.
const goldenHeader =
  '4f53544c4552204241434b555020310a000000b27b2274616b656e4174223a22323032362d31312d32305431323a30303a30302e3030305a222c2276657273696f6e223a22302e312e30222c22696e7374616c6c6174696f6e556964223a2230313839303030302d303030302d373030302d383030302d303030303030303030303031222c2265706f6368223a2231222c226d6967726174696f6e73223a5b224261736531373030303030303030303031225d2c22656e6372797074696f6e223a6e756c6c7d';
const goldenRecord = '03000000046109620a';
const goldenSealed = '00000016fc85ddf48f3b9f5658d01c468921a80e9c80e6968c7f';

async function* from(...pieces: Buffer[]) {
  yield* pieces;
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of stream) found.push(one);
  return found;
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await all(stream));
}

describe('the bytes of a backup', () => {
  it('are those of the decision record', async () => {
    expect(encodeHeader(header).toString('hex')).toBe(goldenHeader);
    expect(encodeRecord(RecordKind.rows, Buffer.from('a\tb\n')).toString('hex')).toBe(goldenRecord);
    const piece = await bytesOf(
      sealed(from(Buffer.from('secret')), Buffer.alloc(32, 7), encodeHeader(header)),
    );
    expect(piece.toString('hex')).toBe(goldenSealed);
  });

  it('are read at whatever length they arrive', async () => {
    const bytes = Buffer.concat([
      encodeRecord(RecordKind.rows, Buffer.from('a\tb\n')),
      encodeRecord(RecordKind.end, Buffer.from('{}')),
    ]);
    for (let size = 1; size <= bytes.length; size++) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      const records = await all(readRecords(from(...pieces)));
      expect(records.map(({ kind }) => kind)).toEqual([RecordKind.rows, RecordKind.end]);
    }
  });

  it('say which Ostler reads them', () => {
    expect(() => decodeHeader(Buffer.from('OSTLER BACKUP 2\n...'))).toThrow(/newer Ostler/);
    expect(() => decodeHeader(Buffer.from('PGDMP\u0001\u000e'))).toThrow(/no backup/);
  });
});

describe('a sealed backup', () => {
  const key = Buffer.alloc(32, 7);
  const head = encodeHeader(header);
  const plain = Buffer.alloc(200_000, 'x');

  it('opens with its key', async () => {
    expect(await bytesOf(opened(from(await bytesOf(sealed(from(plain), key, head))), key, head))).toEqual(
      plain,
    );
  });

  it.each([
    ['with another key', (bytes: Buffer) => bytes, Buffer.alloc(32, 8), /passphrase/],
    ['when a byte was changed', flipped, key, /does not open/],
    [
      'when its last piece is missing',
      (bytes: Buffer) => bytes.subarray(0, 2 * (65_536 + 20)),
      key,
      /does not open/,
    ],
    ['when it was cut off', (bytes: Buffer) => bytes.subarray(0, -1), key, /ends in the middle/],
  ])('does not open %s', async (_, spoil, opensBy, message) => {
    const bytes = spoil(await bytesOf(sealed(from(plain), key, head)));
    await expect(bytesOf(opened(from(bytes), opensBy, head))).rejects.toThrow(message);
  });

  it('is bound to its header', async () => {
    const bytes = await bytesOf(sealed(from(plain), key, head));
    const other = encodeHeader({ ...header, epoch: '9' });
    await expect(bytesOf(opened(from(bytes), key, other))).rejects.toThrow();
  });

  it('makes the same key of the same passphrase and salt', async () => {
    const encryption = {
      cipher: 'aes-256-gcm',
      derivation: 'scrypt',
      cost: 1024,
      blockSize: 8,
      parallelization: 1,
      salt: 'AAAA',
    } as const;
    expect(await keyOf('a', encryption)).toEqual(await keyOf('a', encryption));
    expect(await keyOf('a', encryption)).not.toEqual(await keyOf('b', encryption));
  });
});

function flipped(bytes: Buffer): Buffer {
  const spoilt = Buffer.from(bytes);
  spoilt[100_000]! ^= 1;
  return spoilt;
}

describe('a file that is no whole backup', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'ostler-backup-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['is empty', Buffer.alloc(0), /ends in the middle/],
    ['is something else', Buffer.from('#!/bin/sh\n'), /no backup/],
    ['ends after its header', encodeHeader(header), /checksum/],
  ])('is refused when it %s', async (name, content, message) => {
    await using file = await open(join(folder, name), 'w+');
    await file.write(content);
    await expect(OpenBackup.verify(file.fd, '')).rejects.toThrow(message);
  });
});
