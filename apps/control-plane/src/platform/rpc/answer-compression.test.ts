import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { answerCompression } from './answer-compression';

const answer = new TextEncoder().encode('{"name":"site-1"}'.repeat(1_000));

test('answers over TLS are compressed once they are worth it, in a form that every client reads', async () => {
  const { acceptCompression = [], compressMinBytes } = answerCompression(true);
  expect(compressMinBytes).toBeLessThanOrEqual(answer.length);
  const [gzip, brotli] = await Promise.all(acceptCompression.map(({ compress }) => compress(answer)));
  expect([gzip!.length, brotli!.length].every((length) => length < answer.length / 10)).toBe(true);
  expect(new Uint8Array(gunzipSync(gzip!))).toEqual(answer);
  expect(new Uint8Array(brotliDecompressSync(brotli!))).toEqual(answer);
});

test('answers to this machine are never compressed, and compressed requests are read all the same', () => {
  const { acceptCompression, compressMinBytes } = answerCompression(false);
  expect(compressMinBytes).toBe(Infinity);
  expect(acceptCompression?.map(({ name }) => name)).toEqual(['gzip', 'br']);
});
