import { Code, ConnectError, createRouterTransport, type ServiceImpl } from '@connectrpc/connect';
import { ReleaseService } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { createOstler } from './client';
import { type ReleaseContent, sendRelease } from './send-release';

const MIB = 1024 * 1024;
const digest = `sha256:${'ab'.repeat(32)}`;

function content(path: string, bytes: Uint8Array, mark: number): ReleaseContent {
  return {
    path,
    sizeBytes: bytes.length,
    sha256: new Uint8Array(32).fill(mark),
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
  };
}

/** A control plane that takes releases in; what it lacks is told by the first byte of the hash. */
function receiver(lacks: readonly number[], over: Partial<ServiceImpl<typeof ReleaseService>> = {}) {
  const received = new Map<number, number[]>();
  const service: ServiceImpl<typeof ReleaseService> = {
    begin: ({ files }) => ({
      release: { digest, files: files.length },
      missing: lacks.map((mark) => new Uint8Array(32).fill(mark)),
    }),
    putFile: ({ sha256, offset, data }) => {
      const mark = sha256[0]!;
      received.set(mark, [...(received.get(mark) ?? []), data.length]);
      return { nextOffset: offset + BigInt(data.length) };
    },
    commit: () => ({ release: { digest, complete: true } }),
    ...over,
  };
  const transport = createRouterTransport((router) => router.service(ReleaseService, service));
  return { ostler: createOstler({ transport }), received };
}

test('only what is missing is sent, in pieces of a mebibyte, an empty file as one empty piece', async () => {
  const { ostler, received } = receiver([2, 3]);
  const seen: number[] = [];
  const files = [
    content('there', new Uint8Array(5), 1),
    content('big', new Uint8Array(2 * MIB + 7), 2),
    content('empty', new Uint8Array(), 3),
  ];
  const release = await sendRelease(ostler, files, {
    onProgress: ({ sentBytes, missingBytes }) => {
      seen.push(sentBytes);
      expect(missingBytes).toBe(2 * MIB + 7);
    },
  });
  expect(release.complete).toBe(true);
  expect(received).toEqual(new Map([[2, [MIB, MIB, 7]], [3, [0]]])); // prettier-ignore
  expect(seen.at(0)).toBe(0);
  expect(seen.at(-1)).toBe(2 * MIB + 7);
});

test('a piece that the control plane has no room or time for is sent again', async () => {
  const refusals = [Code.Unavailable, Code.ResourceExhausted];
  const taken: number[] = [];
  const { ostler } = receiver([1], {
    putFile: ({ offset, data }) => {
      const code = refusals.shift();
      if (code !== undefined) throw new ConnectError('not now', code);
      taken.push(data.length);
      return { nextOffset: offset + BigInt(data.length) };
    },
  });
  await sendRelease(ostler, [content('a', new Uint8Array(9), 1)]);
  expect(taken).toEqual([9]);
});

test('a file that becomes shorter is named, and the release is not committed', async () => {
  let commits = 0;
  const { ostler } = receiver([1], { commit: () => (++commits, { release: { digest } }) });
  const shorter = { ...content('notes.txt', new Uint8Array(4), 1), sizeBytes: 9 };
  await expect(sendRelease(ostler, [shorter])).rejects.toThrow(/notes\.txt.*changed while/);
  expect(commits).toBe(0);
});

test('calling it off ends it', async () => {
  const ending = new AbortController();
  const { ostler } = receiver([1], {
    putFile: () => {
      ending.abort();
      throw new ConnectError('away', Code.Unavailable);
    },
  });
  const sending = sendRelease(ostler, [content('a', new Uint8Array(9), 1)], { signal: ending.signal });
  await expect(sending).rejects.toThrow();
});

test('who has waited long enough for a control plane that is away is told', async () => {
  let asked = 0;
  const { ostler } = receiver([1], {
    begin: () => {
      asked += 1;
      throw new ConnectError('away', Code.Unavailable);
    },
  });
  const sending = sendRelease(ostler, [content('a', new Uint8Array(9), 1)], { patienceMs: 0 });
  await expect(sending).rejects.toThrow('away');
  expect(asked).toBe(1);
});
