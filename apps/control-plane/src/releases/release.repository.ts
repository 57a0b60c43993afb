import { Injectable } from '@nestjs/common';

import { execute, query, queryOne } from '../platform/db';

export interface ReleaseRow {
  readonly digest: string;
  readonly files: number;
  readonly bytes: bigint;
  readonly complete: boolean;
  readonly createdAt: Date;
  readonly index: Buffer;
}

export interface ContentRow {
  readonly size: bigint;
  readonly received: bigint;
  readonly complete: boolean;
}

const columns = 'digest, files, bytes, complete, created_at as "createdAt", index';

const contentsOf = (tenantUid: string): string => `release contents of ${tenantUid}`;

/** Releases and their contents, in pieces. */
@Injectable()
export class ReleaseRepository {
  find(tenantUid: string, digest: string): Promise<ReleaseRow | undefined> {
    return queryOne<ReleaseRow>(`select ${columns} from release where tenant_uid = $1 and digest = $2`, [
      tenantUid,
      digest,
    ]);
  }

  /**
   * Until the end of the transaction no content of the tenant is cleaned up: a release that begins may count on
   * what others have, before anybody can see that it does.
   */
  async keepContents(tenantUid: string): Promise<void> {
    await query('select pg_advisory_xact_lock_shared(hashtextextended($1, 0))', [contentsOf(tenantUid)]);
  }

  /** Waits for the releases that begin, and keeps others from beginning. */
  async mayRemoveContents(tenantUid: string): Promise<void> {
    await query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [contentsOf(tenantUid)]);
  }

  /** Published once more it is as young as a new one: nobody cleans up what is about to be used. */
  async insert(
    tenantUid: string,
    row: Pick<ReleaseRow, 'digest' | 'files' | 'bytes'> & { readonly index: Uint8Array },
  ): Promise<void> {
    await execute(
      `insert into release (tenant_uid, digest, index, files, bytes) values ($1, $2, $3, $4, $5)
       on conflict (tenant_uid, digest) do update set created_at = now()`,
      [tenantUid, row.digest, Buffer.from(row.index), row.files, row.bytes],
    );
  }

  async complete(tenantUid: string, digest: string): Promise<void> {
    await execute('update release set complete = true where tenant_uid = $1 and digest = $2', [
      tenantUid,
      digest,
    ]);
  }

  /** Says that these contents will come, and how long they are; an empty one is there at once. */
  async expectContents(tenantUid: string, contents: ReadonlyMap<string, bigint>): Promise<void> {
    await execute(
      `insert into release_content (tenant_uid, sha256, size, complete)
       select $1::uuid, sha256, size, false from unnest($2::bytea[], $3::bigint[]) as n (sha256, size) order by sha256
       on conflict do nothing`,
      [tenantUid, [...contents.keys()].map((hash) => Buffer.from(hash, 'hex')), [...contents.values()]],
    );
  }

  /** Those of the contents that are not complete, or not of that size. */
  async missing(tenantUid: string, hashes: readonly Uint8Array[]): Promise<Buffer[]> {
    const rows = await query<{ sha256: Buffer }>(
      `select n.sha256 from unnest($2::bytea[]) as n (sha256)
       left join release_content c on c.tenant_uid = $1 and c.sha256 = n.sha256
       where c.complete is not true order by n.sha256`,
      [tenantUid, hashes.map((hash) => Buffer.from(hash))],
    );
    return rows.map(({ sha256 }) => sha256);
  }

  /** Locked: pieces of one content come one after the other. */
  lockContent(tenantUid: string, sha256: Uint8Array): Promise<ContentRow | undefined> {
    return queryOne<ContentRow>(
      'select size, received, complete from release_content where tenant_uid = $1 and sha256 = $2 for update',
      [tenantUid, Buffer.from(sha256)],
    );
  }

  async addPiece(tenantUid: string, sha256: Uint8Array, offset: bigint, data: Uint8Array): Promise<void> {
    if (data.length > 0) {
      await execute(
        'insert into release_piece (tenant_uid, sha256, "offset", data) values ($1, $2, $3, $4)',
        [tenantUid, Buffer.from(sha256), offset, Buffer.from(data)],
      );
    }
    await execute('update release_content set received = $3 where tenant_uid = $1 and sha256 = $2', [
      tenantUid,
      Buffer.from(sha256),
      offset + BigInt(data.length),
    ]);
  }

  async finishContent(tenantUid: string, sha256: Uint8Array): Promise<void> {
    await execute('update release_content set complete = true where tenant_uid = $1 and sha256 = $2', [
      tenantUid,
      Buffer.from(sha256),
    ]);
  }

  /** What came was not what was promised: begin again. */
  async dropContent(tenantUid: string, sha256: Uint8Array): Promise<void> {
    await execute('delete from release_piece where tenant_uid = $1 and sha256 = $2', [
      tenantUid,
      Buffer.from(sha256),
    ]);
    await execute(
      'update release_content set received = 0, complete = false where tenant_uid = $1 and sha256 = $2',
      [tenantUid, Buffer.from(sha256)],
    );
  }

  /** The piece that holds the byte at the offset. */
  async pieceAt(
    tenantUid: string,
    sha256: Uint8Array,
    offset: bigint,
  ): Promise<{ offset: bigint; data: Buffer } | undefined> {
    return queryOne(
      `select "offset", data from release_piece where tenant_uid = $1 and sha256 = $2 and "offset" <= $3
       order by "offset" desc limit 1`,
      [tenantUid, Buffer.from(sha256), offset],
    );
  }

  /** The tenants whose resources on the server use the release. */
  async usersOf(serverUid: string, digest: string): Promise<string | undefined> {
    const row = await queryOne<{ tenantUid: string }>(
      `select u.tenant_uid as "tenantUid" from resource_release u
       join placement p on p.resource_uid = u.resource_uid and p.server_uid = $1 and not p.removing
       where u.digest = $2 limit 1`,
      [serverUid, digest],
    );
    return row?.tenantUid;
  }

  /** Releases that the server's resources use. */
  usedBy(serverUid: string): Promise<{ tenantUid: string; index: Buffer }[]> {
    return query(
      `select distinct r.tenant_uid as "tenantUid", r.digest, r.index from resource_release u
       join placement p on p.resource_uid = u.resource_uid and p.server_uid = $1 and not p.removing
       join release r on r.tenant_uid = u.tenant_uid and r.digest = u.digest and r.complete`,
      [serverUid],
    );
  }
}
