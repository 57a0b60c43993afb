import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { execute, query, queryOne } from '../platform/db';
import type { CompiledManifest } from './server-manifest.compile';

export interface ManifestRow {
  readonly epoch: bigint;
  readonly revision: bigint;
  readonly index: Buffer;
  readonly indexSha256: Buffer;
}

export interface Wanted {
  readonly serverUid: string;
  /** To the microsecond, as the database wrote it. */
  readonly wantedAt: string;
}

/** Of the advisory locks that keep two processes from compiling the same server. */
const LOCK_SPACE = 20_041;

/** Compiled manifests, their bodies by hash, and what each server may fetch. For the system role. */
@Injectable()
export class ManifestRepository {
  /**
   * A server whose manifest is wanted and that nobody compiles at this moment. Its row stays unlocked: people
   * who change something that runs there do not wait for the compiler.
   */
  async takeWanted(): Promise<Wanted | undefined> {
    const rows = await query<Wanted>(
      'select server_uid as "serverUid", wanted_at::text as "wantedAt" from manifest_wanted order by wanted_at limit 16',
    );
    for (const row of rows) {
      const lock = await queryOne<{ taken: boolean }>(
        'select pg_try_advisory_xact_lock($1, hashtext($2)) as taken',
        [LOCK_SPACE, row.serverUid],
      );
      if (lock?.taken) return row;
    }
    return undefined;
  }

  /** Done, unless it was wanted again meanwhile. Call it last: from here on others do wait. */
  async unwant({ serverUid, wantedAt }: Wanted): Promise<void> {
    await execute('delete from manifest_wanted where server_uid = $1 and wanted_at = $2::timestamptz', [
      serverUid,
      wantedAt,
    ]);
  }

  async want(serverUid: string): Promise<void> {
    await execute(
      `insert into manifest_wanted (server_uid, wanted_at) values ($1, clock_timestamp())
       on conflict (server_uid) do update set wanted_at = excluded.wanted_at`,
      [serverUid],
    );
  }

  async serversWithManifest(): Promise<string[]> {
    const rows = await query<{ uid: string }>('select server_uid as uid from manifest order by server_uid');
    return rows.map(({ uid }) => uid);
  }

  find(serverUid: string): Promise<ManifestRow | undefined> {
    return queryOne<ManifestRow>(
      'select epoch, revision, index, index_sha256 as "indexSha256" from manifest where server_uid = $1',
      [serverUid],
    );
  }

  /** One of the present epoch: after a restore from a backup those before it are offered to nobody. */
  current(serverUid: string): Promise<ManifestRow | undefined> {
    return queryOne<ManifestRow>(
      `select m.epoch, m.revision, m.index, m.index_sha256 as "indexSha256"
       from manifest m join installation i on i.epoch = m.epoch where m.server_uid = $1`,
      [serverUid],
    );
  }

  async epoch(): Promise<bigint> {
    const row = await queryOne<{ epoch: bigint }>('select epoch from installation');
    return row?.epoch ?? 1n;
  }

  async save(
    serverUid: string,
    epoch: bigint,
    revision: bigint,
    index: Uint8Array,
    manifest: CompiledManifest,
  ): Promise<void> {
    await execute(
      `insert into manifest (server_uid, epoch, revision, index, index_sha256) values ($1, $2, $3, $4, $5)
       on conflict (server_uid) do update set epoch = excluded.epoch, revision = excluded.revision,
         index = excluded.index, index_sha256 = excluded.index_sha256, compiled_at = clock_timestamp()`,
      [serverUid, epoch, revision, Buffer.from(index), createHash('sha256').update(index).digest()],
    );
    await this.saveBodies(serverUid, manifest);
    await this.saveSecrets(serverUid, manifest);
  }

  private async saveBodies(serverUid: string, { entries }: CompiledManifest): Promise<void> {
    const bodies = new Map(
      entries.map(({ entry, body }) => [Buffer.from(entry.bodySha256).toString('hex'), { entry, body }]),
    );
    const known = await query<{ sha256: Buffer }>(
      'select body_sha256 as sha256 from manifest_use where server_uid = $1 for update',
      [serverUid],
    );
    const kept = new Set(known.map(({ sha256 }) => sha256.toString('hex')));
    const fresh = [...bodies].filter(([hex]) => !kept.has(hex)).map(([, value]) => value);
    const stale = known
      .filter(({ sha256 }) => !bodies.has(sha256.toString('hex')))
      .map(({ sha256 }) => sha256);
    const hashes = fresh.map(({ entry }) => Buffer.from(entry.bodySha256));
    // A body that the clean-up is about to remove becomes young again, under its row lock.
    await execute(
      `insert into manifest_body (sha256, body) select * from unnest($1::bytea[], $2::bytea[]) order by 1
       on conflict (sha256) do update set created_at = now()`,
      [hashes, fresh.map(({ body }) => Buffer.from(body))],
    );
    await execute('delete from manifest_use where server_uid = $1 and body_sha256 = any ($2)', [
      serverUid,
      stale,
    ]);
    await execute('insert into manifest_use (server_uid, body_sha256) select $1, unnest($2::bytea[])', [
      serverUid,
      hashes,
    ]);
  }

  private async saveSecrets(serverUid: string, { entries }: CompiledManifest): Promise<void> {
    const secrets = entries.flatMap((entry) => entry.secrets).filter(({ version }) => version > 0);
    await execute('delete from manifest_secret where server_uid = $1', [serverUid]);
    await execute(
      `insert into manifest_secret (server_uid, secret_uid, version)
       select distinct $1::uuid, * from unnest($2::uuid[], $3::integer[])`,
      [serverUid, secrets.map(({ uid }) => uid), secrets.map(({ version }) => version)],
    );
  }

  /** Only what the server's own manifest carries. */
  async body(serverUid: string, sha256: Uint8Array): Promise<Buffer | undefined> {
    const row = await queryOne<{ body: Buffer }>(
      `select b.body from manifest_use u join manifest_body b on b.sha256 = u.body_sha256
       where u.server_uid = $1 and u.body_sha256 = $2
       union all select index from manifest where server_uid = $1 and index_sha256 = $2 limit 1`,
      [serverUid, Buffer.from(sha256)],
    );
    return row?.body;
  }

  /** Sealed values of those secrets that the server's own manifest names. */
  secrets(serverUid: string, uids: readonly string[], versions: readonly number[]): Promise<SealedRow[]> {
    return query<SealedRow>(
      `select s.uid, s.version, s.sealed from unnest($2::uuid[], $3::integer[]) as n (uid, version)
       join manifest_secret m on m.server_uid = $1 and m.secret_uid = n.uid and m.version = n.version
       join secret s on s.uid = n.uid and s.version = n.version`,
      [serverUid, uids, versions],
    );
  }

  /** Manifests compiled after a moment, by the database's clock. */
  compiledSince(since: Date): Promise<{ serverUid: string; compiledAt: Date }[]> {
    return query(
      'select server_uid as "serverUid", compiled_at as "compiledAt" from manifest where compiled_at >= $1 order by compiled_at',
      [since],
    );
  }

  /** Only upwards, and only to what was offered: applied moves on the agent's word alone. */
  async markStored(
    serverUid: string,
    epoch: bigint,
    revision: bigint,
    indexSha256: Uint8Array,
  ): Promise<boolean> {
    const count = await execute(
      `update server s set stored_epoch = $2, stored_revision = $3 from manifest m
       where s.uid = $1 and m.server_uid = s.uid and (s.stored_epoch, s.stored_revision) <= ($2::bigint, $3::bigint)
         and ((m.epoch, m.revision) > ($2::bigint, $3::bigint) or (m.epoch = $2 and m.revision = $3 and m.index_sha256 = $4))`,
      [serverUid, epoch, revision, Buffer.from(indexSha256)],
    );
    return count > 0;
  }

  /** Bodies that no manifest has carried for an hour. */
  async removeUnusedBodies(): Promise<number> {
    return execute(
      `delete from manifest_body b where b.created_at < now() - interval '1 hour'
         and not exists (select from manifest_use u where u.body_sha256 = b.sha256)`,
    );
  }
}

export interface SealedRow {
  readonly uid: string;
  readonly version: number;
  readonly sealed: Buffer;
}
