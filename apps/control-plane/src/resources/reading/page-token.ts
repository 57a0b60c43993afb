import { createHash } from 'node:crypto';

import { AppError } from '@ostler/kernel';

/** Where a page ended. A token names a place in the order, so pages stay right while resources come and go. */
export interface PagePlace {
  readonly kind: number;
  readonly name: string;
  /** UUID. */
  readonly uid: string;
}

const FORMAT = 1;
const QUERY_BYTES = 8;
const UID_BYTES = 16;

/**
 * Format 1, base64url: `01 | first 8 bytes of SHA-256 of the query | kind (1) | uid (16) | name`.
 * docs/adr/0105-page-token.md has golden bytes.
 */
export function encodePageToken({ kind, name, uid }: PagePlace, queryKey: string): string {
  const head = Buffer.of(FORMAT);
  const id = Buffer.from(uid.replaceAll('-', ''), 'hex');
  return Buffer.concat([head, digestOf(queryKey), Buffer.of(kind), id, Buffer.from(name)]).toString(
    'base64url',
  );
}

/** @throws AppError INVALID for a token that was made up, or made for another query. */
export function decodePageToken(token: string, queryKey: string): PagePlace | undefined {
  if (token === '') return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const nameAt = 1 + QUERY_BYTES + 1 + UID_BYTES;
  const isOurs =
    bytes[0] === FORMAT &&
    bytes.length >= nameAt &&
    bytes.subarray(1, 1 + QUERY_BYTES).equals(digestOf(queryKey));
  if (!isOurs)
    throw AppError.invalid(
      'pageToken',
      'BAD_PAGE_TOKEN',
      'is not a token of this list; begin with the first page',
    );
  const hex = bytes.subarray(nameAt - UID_BYTES, nameAt).toString('hex');
  const uid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  );
  return { kind: bytes[1 + QUERY_BYTES]!, name: bytes.subarray(nameAt).toString('utf8'), uid };
}

function digestOf(queryKey: string): Buffer {
  return createHash('sha256').update(queryKey).digest().subarray(0, QUERY_BYTES);
}
