import { expect, test } from 'vitest';

import { decodePageToken, encodePageToken } from './page-token';

const place = { kind: 1, name: 'hello', uid: '01890a5d-ac96-774b-bcce-b302099a8057' };

test('a token has the bytes that were decided on, and gives its place back', () => {
  const token = encodePageToken(place, 'query');
  // 01 | SHA-256('query')[0..8] | kind | uid | name; docs/adr/0105-page-token.md
  expect(Buffer.from(token, 'base64url').toString('hex')).toBe(
    '01a8b771920b8319e4' + '01' + '01890a5dac96774bbcceb302099a8057' + '68656c6c6f',
  );
  expect(decodePageToken(token, 'query')).toEqual(place);
});

test.each(['x', 'AAAA', '!!!', encodePageToken(place, 'another query')])(
  'the token %s is refused',
  (token) => {
    expect(() => decodePageToken(token, 'query')).toThrow(/pageToken/);
  },
);
