import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

interface Kept {
  readonly version: bigint;
  readonly bytes: Uint8Array;
}

/** What a page of them asks about. */
export interface Reader {
  readonly tenantUids: readonly string[];
  readonly withPlacements: boolean;
}

/** Some 40,000 small resources. */
const MOST_BYTES = 32 * 1024 * 1024;
/** A key, an entry of a map and the heads of two objects. */
const BYTES_BESIDE = 300;

/**
 * Resources in the form in which they are answered, kept by uid and resource version. Whatever changes what
 * is read of a resource gives it a new version in the same transaction (a watch depends on that too), so what
 * is kept needs no expiry: the database is asked for the version, and row-level security with it, every time.
 * Kept for each set of tenants apart, because a caller is not told the names of other tenants' servers.
 *
 * Only what was read of committed rows belongs here: versions of a transaction that is rolled back are given
 * again. Two halves take turns; what nobody asked for during one turn is forgotten.
 */
@Injectable()
export class KeptResources {
  private young = new Map<string, Kept>();
  private old = new Map<string, Kept>();
  private youngBytes = 0;

  constructor(private readonly mostBytes = MOST_BYTES) {}

  /** For the keys of one call. */
  keysOf({ tenantUids, withPlacements }: Reader): (uid: string) => string {
    const tenants =
      tenantUids.length === 1
        ? tenantUids[0]!
        : createHash('sha256').update(tenantUids.join()).digest('base64');
    const prefix = `${withPlacements ? '+' : '-'}${tenants} `;
    return (uid) => prefix + uid;
  }

  find(key: string, version: bigint): Uint8Array | undefined {
    const young = this.young.get(key);
    if (young) return young.version === version ? young.bytes : undefined;
    const old = this.old.get(key);
    if (old?.version !== version) return undefined;
    this.keep(key, version, old.bytes);
    return old.bytes;
  }

  keep(key: string, version: bigint, bytes: Uint8Array): void {
    const size = bytes.length + BYTES_BESIDE;
    if (this.youngBytes + size > this.mostBytes / 2) {
      this.old = this.young;
      this.young = new Map();
      this.youngBytes = 0;
    }
    // One that replaces another counts beside it: the turn ends a little earlier.
    this.young.set(key, { version, bytes });
    this.youngBytes += size;
  }
}
