import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { PassThrough } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import {
  type BackupHeader,
  type BackupRecord,
  checksumBytes,
  countRows,
  damaged,
  decodeHeader,
  type EndRecord,
  RecordKind,
  type TableEndRecord,
  type TableRecord,
} from './backup-format';
import { type Descriptor, readAt, sizeOf } from './file-descriptor';
import { keyOf, opened } from './passphrase-seal';
import { readRecords } from './read-records';

const readBytes = 256 * 1024;

/** One table's rows, to be read to their end before the next table is asked for. */
export interface BackedUpTable extends TableRecord {
  readonly rows: AsyncIterable<Buffer>;
}

/** A backup that was found to be whole. */
export class OpenBackup {
  private constructor(
    private readonly file: Descriptor,
    readonly header: BackupHeader,
    private readonly start: number,
    private readonly end: number,
    private readonly key: Buffer | null,
  ) {}

  /**
   * Reads the whole file once: its checksum, that it opens with the passphrase, that every table ends.
   *
   * @throws AppError INVALID that says what is wrong with it.
   */
  static async verify(file: Descriptor, passphrase: string): Promise<OpenBackup> {
    const size = await sizeOf(file);
    const found = decodeHeader(await firstBytes(file));
    if (!found) throw damaged('it ends in the middle');
    const { header, end: start } = found;
    await verifyChecksum(file, size);
    if (header.encryption && passphrase === '') {
      throw new AppError(ErrorReason.INVALID, 'This backup is encrypted: give its passphrase.');
    }
    const key = header.encryption && (await keyOf(passphrase, header.encryption));
    const backup = new OpenBackup(file, header, start, size - checksumBytes, key);
    await backup.readThrough();
    return backup;
  }

  async masterKey(): Promise<Buffer> {
    for await (const { kind, payload } of this.records()) {
      if (kind !== RecordKind.masterKey || payload.length !== 32) break;
      return Buffer.from(payload);
    }
    throw damaged('it holds no master key');
  }

  /** Tables in the order in which they can be filled. */
  async *tables(): AsyncGenerator<BackedUpTable> {
    const records = this.records();
    for await (const { kind, payload } of records) {
      if (kind === RecordKind.end) return;
      if (kind !== RecordKind.table) continue;
      yield { ...json<TableRecord>(payload), rows: rowsOf(records) };
    }
  }

  private async readThrough(): Promise<void> {
    let tables = 0;
    let rows = 0;
    let isWhole = false;
    for await (const { kind, payload } of this.records()) {
      if (kind === RecordKind.rows) rows += countRows(payload);
      if (kind === RecordKind.tableEnd) {
        if (json<TableEndRecord>(payload).rows !== rows) throw damaged('a table of it lacks rows');
        rows = 0;
        tables++;
      }
      if (kind === RecordKind.end) isWhole = json<EndRecord>(payload).tables === tables;
    }
    if (!isWhole) throw damaged('it lacks tables');
  }

  private async *records(): AsyncGenerator<BackupRecord> {
    const { start, end, key } = this;
    const head = await firstBytes(this.file);
    const raw = piecesOf(this.file, start, end);
    const packed = key ? opened(raw, key, head.subarray(0, start)) : raw;
    const gunzip = createGunzip();
    const out = new PassThrough();
    const done = pipeline(packed, gunzip, out);
    // Its error also ends `out`, which is where it is told.
    done.catch(() => undefined);
    try {
      yield* readRecords(out);
    } catch (error) {
      throw error instanceof AppError ? error : damaged((error as Error).message);
    } finally {
      out.destroy();
    }
  }
}

/** Up to the record that ends the table, and not further. */
async function* rowsOf(records: AsyncGenerator<BackupRecord>): AsyncGenerator<Buffer> {
  for (let next = await records.next(); !next.done; next = await records.next()) {
    if (next.value.kind === RecordKind.tableEnd) return;
    yield next.value.payload;
  }
}

function json<T>(payload: Buffer): T {
  return JSON.parse(payload.toString('utf8')) as T;
}

function firstBytes(file: Descriptor): Promise<Buffer> {
  return readAt(file, readBytes, 0);
}

async function verifyChecksum(file: Descriptor, size: number): Promise<void> {
  const end = size - checksumBytes;
  const hash = createHash('sha256');
  for await (const piece of piecesOf(file, 0, end)) hash.update(piece);
  const expected = await readAt(file, checksumBytes, Math.max(0, end));
  if (!hash.digest().equals(expected)) throw damaged('its checksum does not fit, it was cut off or changed');
}

/**
 * Bytes from `start` up to `end`, which is not included. Not a stream of node's: one that is ended early closes
 * the descriptor, which is the caller's.
 */
async function* piecesOf(file: Descriptor, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end;) {
    const piece = await readAt(file, Math.min(readBytes, end - at), at);
    if (piece.length === 0) throw damaged('it ends in the middle');
    at += piece.length;
    yield piece;
  }
}
