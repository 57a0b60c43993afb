import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { ManifestEntrySchema, TombstoneSchema, type Tombstone } from '@ostler/contracts';
import type { Database, Row } from './database';
import { NO_FENCE, type Fence } from './fence';
import type {
  AcceptedEntry,
  HeldEntry,
  HeldTombstone,
  Ledger,
  ManifestChange,
  RefusedEntry,
} from './store.port';

interface EntryRow extends Row {
  uid: string;
  accepted: Uint8Array | null;
  refused: Uint8Array | null;
  reason: string;
  message: string;
  placed: number;
}

interface TombstoneRow extends Row {
  tombstone: Uint8Array;
  done: number;
}

/** Bodies are written together, with one fsync: after a crash at most these are asked for again. */
const MOST_PENDING_BYTES = 1024 * 1024;

export class SqliteLedger implements Ledger {
  /** Bodies that are not written yet, by the hexadecimal hash. */
  private readonly pending = new Map<string, { readonly sha256: Uint8Array; readonly bytes: Uint8Array }>();
  private pendingBytes = 0;

  constructor(private readonly db: Database) {}

  fence(): Fence {
    const row = this.db.get<{ epoch: string; revision: string; sha256: Uint8Array }>(
      'select epoch, revision, sha256 from manifest',
    );
    return row ? { epoch: BigInt(row.epoch), revision: BigInt(row.revision), sha256: row.sha256 } : NO_FENCE;
  }

  index(): Uint8Array | undefined {
    return this.db.get<{ index_bytes: Uint8Array }>('select index_bytes from manifest')?.index_bytes;
  }

  has(sha256: Uint8Array): boolean {
    if (this.pending.has(hexOf(sha256))) return true;
    return this.db.get('select 1 from bodies where sha256 = ?', sha256) !== undefined;
  }

  body(sha256: Uint8Array): Uint8Array | undefined {
    const pending = this.pending.get(hexOf(sha256));
    if (pending) return pending.bytes;
    return this.db.get<{ bytes: Uint8Array }>('select bytes from bodies where sha256 = ?', sha256)?.bytes;
  }

  putBody(sha256: Uint8Array, bytes: Uint8Array): void {
    this.pending.set(hexOf(sha256), { sha256, bytes });
    this.pendingBytes += bytes.byteLength;
    if (this.pendingBytes < MOST_PENDING_BYTES) return;
    this.db.transaction(() => this.insertPending());
    this.forgetPending();
  }

  commit(change: ManifestChange): void {
    this.db.transaction(() => {
      this.insertPending();
      this.replaceIndex(change);
      this.db.run('update entries set placed = 0');
      for (const accepted of change.accepted) this.accept(accepted);
      for (const refused of change.refused) this.refuse(refused);
      this.replaceTombstones(change.tombstones);
      this.dropUnreferenced();
    });
    this.forgetPending();
  }

  entry(uid: string): HeldEntry | undefined {
    const row = this.db.get<EntryRow>('select * from entries where uid = ?', uid);
    return row && toEntry(row);
  }

  *entries(): Iterable<HeldEntry> {
    for (const row of this.db.pages<EntryRow>('entries')) yield toEntry(row);
  }

  tombstone(uid: string): HeldTombstone | undefined {
    const row = this.db.get<TombstoneRow>('select * from tombstones where uid = ?', uid);
    return row && toTombstone(row);
  }

  tombstones(): HeldTombstone[] {
    return this.db.all<TombstoneRow>('select * from tombstones order by uid').map(toTombstone);
  }

  finishTombstone(uid: string): void {
    this.db.transaction(() => {
      this.db.run('update tombstones set done = 1 where uid = ?', uid);
      for (const table of ['entries', 'outputs']) this.db.run(`delete from ${table} where uid = ?`, uid);
      this.db.run('delete from secret_references where resource_uid = ?', uid);
      this.dropUnreferenced();
    });
  }

  private insertPending(): void {
    for (const { sha256, bytes } of this.pending.values()) {
      this.db.run('insert or ignore into bodies values (?, ?)', sha256, bytes);
    }
  }

  /** Only after the transaction: what could not be written is still here. */
  private forgetPending(): void {
    this.pending.clear();
    this.pendingBytes = 0;
  }

  private replaceIndex({ fence, index }: ManifestChange): void {
    this.db.run(
      'insert or replace into manifest values (1, ?, ?, ?, ?)',
      fence.epoch.toString(),
      fence.revision.toString(),
      fence.sha256,
      index,
    );
  }

  private accept({ entry, secrets }: AcceptedEntry): void {
    this.db.run(
      `insert into entries (uid, accepted, body_sha256, placed) values (?, ?, ?, 1)
       on conflict (uid) do update set accepted = excluded.accepted, body_sha256 = excluded.body_sha256,
         refused = null, refused_sha256 = null, reason = '', message = '', placed = 1`,
      entry.uid,
      toBinary(ManifestEntrySchema, entry),
      entry.bodySha256,
    );
    this.db.run('delete from tombstones where uid = ?', entry.uid);
    if (!secrets) return;
    this.db.run('delete from secret_references where resource_uid = ?', entry.uid);
    for (const { uid, version } of secrets) {
      this.db.run('insert or ignore into secret_references values (?, ?, ?)', entry.uid, uid, version);
    }
  }

  private refuse({ entry, reason, message }: RefusedEntry): void {
    this.db.run(
      `insert into entries (uid, refused, refused_sha256, reason, message, placed) values (?, ?, ?, ?, ?, 1)
       on conflict (uid) do update set refused = excluded.refused, refused_sha256 = excluded.refused_sha256,
         reason = excluded.reason, message = excluded.message, placed = 1`,
      entry.uid,
      toBinary(ManifestEntrySchema, entry),
      entry.bodySha256,
      reason,
      message,
    );
    this.db.run('delete from tombstones where uid = ?', entry.uid);
  }

  /** One that is not carried out stays even when it is not sent any more; one that is done may go. */
  private replaceTombstones(tombstones: readonly Tombstone[]): void {
    const sent = new Set(tombstones.map(({ uid }) => uid));
    for (const { tombstone, done } of this.tombstones()) {
      if (!done || sent.has(tombstone.uid)) continue;
      this.db.run('delete from tombstones where uid = ?', tombstone.uid);
      this.db.run('delete from statuses where uid = ?', tombstone.uid);
    }
    for (const tombstone of tombstones) {
      this.db.run(
        'insert into tombstones values (?, ?, 0) on conflict (uid) do nothing',
        tombstone.uid,
        toBinary(TombstoneSchema, tombstone),
      );
    }
  }

  private dropUnreferenced(): void {
    this.db.run(
      `delete from bodies where sha256 not in (select body_sha256 from entries where body_sha256 is not null
         union all select refused_sha256 from entries where refused_sha256 is not null)`,
    );
    this.db.run(
      'delete from secrets where (uid, version) not in (select uid, version from secret_references)',
    );
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function toEntry(row: EntryRow): HeldEntry {
  return {
    uid: row.uid,
    placed: row.placed === 1,
    ...(row.accepted && { accepted: fromBinary(ManifestEntrySchema, row.accepted) }),
    ...(row.refused && {
      refused: {
        entry: fromBinary(ManifestEntrySchema, row.refused),
        reason: row.reason,
        message: row.message,
      },
    }),
  };
}

function toTombstone(row: TombstoneRow): HeldTombstone {
  return { tombstone: fromBinary(TombstoneSchema, row.tombstone), done: row.done === 1 };
}
