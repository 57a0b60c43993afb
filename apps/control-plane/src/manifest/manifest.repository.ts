import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { execute, query, queryOne } from '../platform/db';
import type { CompiledManifest } from './server-manifest.compile';

export interface ManifestRow {
  readonly serverUid: string;
  readonly epoch: bigint;
  readonly revision: bigint;
  readonly index: Buffer;
  readonly indexSha256: Buffer;
  /** Serialised ChangeCauses. */
  readonly causes: Buffer;
}

export interface Wanted {
  readonly serverUid: string;
  /** To the microsecond, as the database wrote it. */
  readonly wantedAt: string;
  readonly placements: number;
}

/** A manifest of a server as it is to be stored. */
export interface NewManifest {
  readonly serverUid: string;
  readonly epoch: bigint;
  readonly revision: bigint;
  readonly index: Uint8Array;
  readonly manifest: CompiledManifest;
  /** Serialised ChangeCauses. */
  readonly causes: Uint8Array;
}

/** Of the advisory locks that keep two processes from compiling the same server. */
const LOCK_SPACE = 20_041;

/** Compiled manifests, their bodies by hash, and what each server may fetch. For the system role. */
@Injectable()
export class ManifestRepository {
  /**
   * Servers whose manifests are wanted and that nobody compiles at this moment, those that waited longest
   * first. Their rows stay unlocked: people who change something that runs there do not wait for the compiler.
   */
  takeWanted(most: number): Promise<Wanted[]> {
    return query<Wanted>(
      `select w.server_uid as "serverUid", w.wanted_at::text as "wantedAt",
         (select count(*)::int from placement p where p.server_uid = w.server_uid) as placements
       from (select server_uid, wanted_at from manifest_wanted order by wanted_at limit $2) w
       where pg_try_advisory_xact_lock($1, hashtext(w.server_uid::text)) order by w.wanted_at`,
      [LOCK_SPACE, most],
    );
  }

  /** Done, unless they were wanted again meanwhile. Call it last: from here on others do wait. */
  async unwant(wanted: readonly Wanted[]): Promise<void> {
    await execute(
      `delete from manifest_wanted w using unnest($1::uuid[], $2::timestamptz[]) as n (server_uid, wanted_at)
       where w.server_uid = n.server_uid and w.wanted_at = n.wanted_at`,
      [wanted.map(({ serverUid }) => serverUid), wanted.map(({ wantedAt }) => wantedAt)],
    );
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

  /** The newest manifests of these servers, by server. */
  async find(serverUids: readonly string[]): Promise<Map<string, ManifestRow>> {
    const rows = await query<ManifestRow>(
      `select server_uid as "serverUid", epoch, revision, index, index_sha256 as "indexSha256", causes
       from manifest where server_uid = any ($1)`,
      [serverUids],
    );
    return new Map(rows.map((row) => [row.serverUid, row]));
  }

  /** Those of the present epoch: after a restore from a backup those before it are offered to nobody. */
  async current(serverUids: readonly string[]): Promise<Map<string, ManifestRow>> {
    const rows = await query<ManifestRow>(
      `select m.server_uid as "serverUid", m.epoch, m.revision, m.index, m.index_sha256 as "indexSha256", m.causes
       from manifest m join installation i on i.epoch = m.epoch where m.server_uid = any ($1)`,
      [serverUids],
    );
    return new Map(rows.map((row) => [row.serverUid, row]));
  }

  async epoch(): Promise<bigint> {
    const row = await queryOne<{ epoch: bigint }>('select epoch from installation');
    return row?.epoch ?? 1n;
  }

  async save(manifests: readonly NewManifest[]): Promise<void> {
    if (manifests.length === 0) return;
    const indexes = manifests.map(({ index }) => Buffer.from(index));
    await execute(
      `insert into manifest (server_uid, epoch, revision, index, index_sha256, causes)
       select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[])
       on conflict (server_uid) do update set epoch = excluded.epoch, revision = excluded.revision,
         index = excluded.index, index_sha256 = excluded.index_sha256, causes = excluded.causes, compiled_at = clock_timestamp()`,
      [
        manifests.map(({ serverUid }) => serverUid),
        manifests.map(({ epoch }) => epoch),
        manifests.map(({ revision }) => revision),
        indexes,
        indexes.map((index) => createHash('sha256').update(index).digest()),
        manifests.map(({ causes }) => Buffer.from(causes)),
      ],
    );
    await this.saveBodies(manifests);
    await this.saveSecrets(manifests);
  }

  private async saveBodies(manifests: readonly NewManifest[]): Promise<void> {
    const uses = usesOf(manifests);
    const known = await query<Use>(
      `select server_uid as "serverUid", body_sha256 as sha256 from manifest_use
       where server_uid = any ($1) order by server_uid, body_sha256 for update`,
      [manifests.map(({ serverUid }) => serverUid)],
    );
    const kept = new Set(known.map(keyOf));
    const fresh = [...uses].filter(([key]) => !kept.has(key)).map(([, use]) => use);
    const stale = known.filter((use) => !uses.has(keyOf(use)));
    const bodies = new Map(fresh.map((use) => [use.sha256.toString('hex'), use]));
    // A body that the clean-up is about to remove becomes young again, under its row lock.
    await execute(
      `insert into manifest_body (sha256, body) select * from unnest($1::bytea[], $2::bytea[]) order by 1
       on conflict (sha256) do update set created_at = now()`,
      [[...bodies.values()].map(({ sha256 }) => sha256), [...bodies.values()].map(({ body }) => body)],
    );
    await execute(
      `delete from manifest_use u using unnest($1::uuid[], $2::bytea[]) as n (server_uid, sha256)
       where u.server_uid = n.server_uid and u.body_sha256 = n.sha256`,
      columnsOf(stale),
    );
    await execute(
      'insert into manifest_use (server_uid, body_sha256) select * from unnest($1::uuid[], $2::bytea[])',
      columnsOf(fresh),
    );
  }

  private async saveSecrets(manifests: readonly NewManifest[]): Promise<void> {
    const secrets = manifests.flatMap(({ serverUid, manifest }) =>
      manifest.entries
        .flatMap((entry) => entry.secrets)
        .filter(({ version }) => version > 0)
        .map((secret) => ({ serverUid, ...secret })),
    );
    await execute('delete from manifest_secret where server_uid = any ($1)', [
      manifests.map(({ serverUid }) => serverUid),
    ]);
    await execute(
      `insert into manifest_secret (server_uid, secret_uid, version)
       select distinct * from unnest($1::uuid[], $2::uuid[], $3::integer[])`,
      [
        secrets.map(({ serverUid }) => serverUid),
        secrets.map(({ uid }) => uid),
        secrets.map(({ version }) => version),
      ],
    );
  }

  /** Which of these bodies the manifests of their servers carry. */
  mayFetch(wishes: readonly BodyWish[]): Promise<BodyWish[]> {
    return query<BodyWish>(
      `select u.server_uid as "serverUid", u.body_sha256 as sha256
       from unnest($1::uuid[], $2::bytea[]) as n (server_uid, sha256)
       join manifest_use u on u.server_uid = n.server_uid and u.body_sha256 = n.sha256`,
      columnsOf(wishes),
    );
  }

  bodies(hashes: readonly Buffer[]): Promise<{ sha256: Buffer; body: Buffer }[]> {
    return query('select sha256, body from manifest_body where sha256 = any ($1)', [hashes]);
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

  /** Only upwards, and only to what was offered: applied moves on the agent's word alone. Returns whose did. */
  async markStored(stored: readonly Stored[]): Promise<Set<string>> {
    const rows = await query<{ uid: string }>(
      `update server s set stored_epoch = n.epoch, stored_revision = n.revision
       from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bytea[]) as n (server_uid, epoch, revision, sha256)
       join manifest m on m.server_uid = n.server_uid
       where s.uid = n.server_uid and (s.stored_epoch, s.stored_revision) <= (n.epoch, n.revision)
         and ((m.epoch, m.revision) > (n.epoch, n.revision)
           or (m.epoch = n.epoch and m.revision = n.revision and m.index_sha256 = n.sha256))
       returning s.uid`,
      [
        stored.map(({ serverUid }) => serverUid),
        stored.map(({ epoch }) => epoch),
        stored.map(({ revision }) => revision),
        stored.map(({ indexSha256 }) => Buffer.from(indexSha256)),
      ],
    );
    return new Set(rows.map(({ uid }) => uid));
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

export interface BodyWish {
  readonly serverUid: string;
  readonly sha256: Buffer;
}

/** What an agent says that it has durably. */
export interface Stored {
  readonly serverUid: string;
  readonly epoch: bigint;
  readonly revision: bigint;
  readonly indexSha256: Uint8Array;
}

type Use = BodyWish;

const keyOf = ({ serverUid, sha256 }: Use): string => `${serverUid} ${sha256.toString('hex')}`;

const columnsOf = (uses: readonly Use[]): unknown[] => [
  uses.map(({ serverUid }) => serverUid),
  uses.map(({ sha256 }) => sha256),
];

/** The bodies that each server carries, each once. */
function usesOf(manifests: readonly NewManifest[]): Map<string, Use & { readonly body: Buffer }> {
  const uses = manifests.flatMap(({ serverUid, manifest }) =>
    manifest.entries.map(({ entry, body }) => ({
      serverUid,
      sha256: Buffer.from(entry.bodySha256),
      body: Buffer.from(body),
    })),
  );
  return new Map(uses.map((use) => [keyOf(use), use]));
}
