import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { openSnapshot, type TableSnapshot } from '../platform/db';
import {
  type BackupHeader,
  countRows,
  encodeHeader,
  encodeJsonRecord,
  encodeRecord,
  type Encryption,
  RecordKind,
} from './backup-format';
import { backedUpTables } from './backed-up-tables';
import { appendAll, type Descriptor, sync } from './file-descriptor';
import { keyOf, newEncryption, sealed } from './passphrase-seal';

export interface BackupSource {
  /** Of the role that owns the schema, past any pooler. */
  readonly databaseUrl: string;
  readonly masterKey: Buffer;
  readonly version: string;
  readonly takenAt: Date;
  /** Empty: the file is as secret as the master key that it holds. */
  readonly passphrase: string;
}

export interface BackupSummary {
  readonly header: BackupHeader;
  readonly bytes: number;
}

/** Writes one moment of everything to a file, in a stream; it is whole on the disk when this resolves. */
export async function writeBackup(source: BackupSource, file: Descriptor): Promise<BackupSummary> {
  const snapshot = await openSnapshot(source.databaseUrl);
  try {
    const encryption = source.passphrase === '' ? null : newEncryption();
    const header = await headerOf(source, snapshot, encryption);
    const bytes = await writeAll(source, snapshot, header, file);
    await sync(file);
    return { header, bytes };
  } finally {
    await snapshot.close();
  }
}

async function headerOf(
  { version, takenAt }: BackupSource,
  snapshot: TableSnapshot,
  encryption: Encryption | null,
): Promise<BackupHeader> {
  const row = await snapshot.one<{ uid: string; epoch: string }>('select uid, epoch::text from installation');
  if (!row) {
    throw new AppError(
      ErrorReason.CONFLICT,
      'This control plane was never started: there is nothing to back up.',
    );
  }
  const { migrations } = snapshot;
  return {
    takenAt: takenAt.toISOString(),
    version,
    installationUid: row.uid,
    epoch: row.epoch,
    migrations,
    encryption,
  };
}

async function writeAll(
  source: BackupSource,
  snapshot: TableSnapshot,
  header: BackupHeader,
  file: Descriptor,
): Promise<number> {
  const head = encodeHeader(header);
  const gzip = createGzip({ level: 1 });
  const { encryption } = header;
  const key = encryption && (await keyOf(source.passphrase, encryption));
  const checksum = createHash('sha256');
  let bytes = 0;
  const write = async (piece: Uint8Array): Promise<void> => {
    checksum.update(piece);
    bytes += await appendAll(file, piece);
  };
  await write(head);
  await pipeline(records(source, snapshot), gzip, async (packed: AsyncIterable<Buffer>) => {
    for await (const piece of key ? sealed(packed, key, head) : packed) await write(piece);
  });
  bytes += await appendAll(file, checksum.digest());
  return bytes;
}

async function* records({ masterKey }: BackupSource, snapshot: TableSnapshot): AsyncGenerator<Buffer> {
  yield encodeRecord(RecordKind.masterKey, masterKey);
  for (const table of backedUpTables) {
    const columns = await snapshot.columns(table);
    yield encodeJsonRecord(RecordKind.table, { table, columns });
    let rows = 0;
    for await (const piece of snapshot.rows(table, columns)) {
      rows += countRows(piece);
      yield encodeRecord(RecordKind.rows, piece);
    }
    yield encodeJsonRecord(RecordKind.tableEnd, { rows });
  }
  yield encodeJsonRecord(RecordKind.end, { tables: backedUpTables.length });
}
