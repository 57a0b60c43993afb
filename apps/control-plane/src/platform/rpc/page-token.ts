import { createHash } from 'node:crypto';

import { AppError } from '@ostler/kernel';

/** Where a list goes on. It fits only the filters that it was made with. */
export function pageTokenAfter(position: string, filters: unknown): string {
  return Buffer.from(JSON.stringify([position, digest(filters)])).toString('base64url');
}

/** The position that a page token holds; undefined for the first page. @throws AppError INVALID */
export function positionOf(pageToken: string, filters: unknown): string | undefined {
  if (pageToken === '') return undefined;
  const parsed = parse(pageToken);
  if (!parsed || parsed.filters !== digest(filters)) {
    throw AppError.invalid(
      'pageToken',
      'BAD_PAGE_TOKEN',
      'is not the next_page_token of this list with these filters',
    );
  }
  return parsed.position;
}

function parse(pageToken: string): { position: string; filters: string } | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(pageToken, 'base64url').toString());
    if (!Array.isArray(parsed)) return undefined;
    const [position, filters] = parsed as unknown[];
    return typeof position === 'string' && typeof filters === 'string' ? { position, filters } : undefined;
  } catch {
    return undefined;
  }
}

function digest(filters: unknown): string {
  return createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 8);
}
