import { createHash } from 'node:crypto';

import { create } from '@bufbuild/protobuf';
import { ReleaseFileSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';

import { buildIndex } from './release-index';

const file = (path: string, text: string) =>
  create(ReleaseFileSchema, {
    path,
    size: BigInt(text.length),
    sha256: Uint8Array.from(createHash('sha256').update(text).digest()),
  });

test('the list of a release has the bytes that were decided on, by path in UTF-8 order', async () => {
  // 'é' sorts behind 'z' in UTF-8, and '😀' behind 'ﬀ', which UTF-16 would turn round.
  const files = [
    file('é.html', 'e'),
    file('z.html', 'z'),
    file('a/index.html', 'a'),
    file('😀', '1'),
    file('ﬀ', '2'),
  ];
  const { bytes, digest } = buildIndex(files);
  await expect(
    `${Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,64}/g)!
      .join('\n')}\n`,
  ).toMatchFileSnapshot('__golden__/release-index.hex');
  expect(digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  expect(buildIndex(files.toReversed()).digest).toBe(digest);
});
