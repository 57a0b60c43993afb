import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

/** docs/adr/0144-backup-file.md. */
export const magic = Buffer.from('OSTLER BACKUP 1\n');
export const checksumBytes = 32;
const mostHeaderBytes = 65_536;

/** What can be read of a backup without its passphrase. */
export interface BackupHeader {
  readonly takenAt: string;
  /** Of the control plane that made it. */
  readonly version: string;
  readonly installationUid: string;
  readonly epoch: string;
  readonly migrations: readonly string[];
  readonly encryption: Encryption | null;
}

export interface Encryption {
  readonly cipher: 'aes-256-gcm';
  readonly derivation: 'scrypt';
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
  /** Base64. */
  readonly salt: string;
}

/** Magic, length (32 bits, big-endian), JSON. */
export function encodeHeader(header: BackupHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([magic, length, json]);
}

/**
 * From the first bytes of a file; undefined while there are too few.
 *
 * @throws AppError INVALID for a file that is none of ours, or of a later format.
 */
export function decodeHeader(
  bytes: Buffer,
): { readonly header: BackupHeader; readonly end: number } | undefined {
  const start = bytes.subarray(0, magic.length);
  if (!start.equals(magic.subarray(0, start.length))) throw noBackup(start);
  if (bytes.length < magic.length + 4) return undefined;
  const length = bytes.readUInt32BE(magic.length);
  if (length > mostHeaderBytes) throw damaged('its header is too long');
  const end = magic.length + 4 + length;
  if (bytes.length < end) return undefined;
  try {
    return { header: JSON.parse(bytes.toString('utf8', magic.length + 4, end)) as BackupHeader, end };
  } catch {
    throw damaged('its header cannot be read');
  }
}

function noBackup(start: Buffer): AppError {
  if (start.toString().startsWith('OSTLER BACKUP '))
    return new AppError(
      ErrorReason.INVALID,
      'This backup was made by a newer Ostler, in a later format: install that version first.',
    );
  return new AppError(ErrorReason.INVALID, 'This file is no backup of a control plane.');
}

export function damaged(why: string): AppError {
  return new AppError(
    ErrorReason.INVALID,
    `The backup is damaged: ${why}. Nothing was changed; take another copy of it.`,
  );
}

/** Kinds of records; the numbers are stored. */
export const RecordKind = { masterKey: 1, table: 2, rows: 3, tableEnd: 4, end: 5 } as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

export interface BackupRecord {
  readonly kind: number;
  readonly payload: Buffer;
}

export interface TableRecord {
  readonly table: string;
  readonly columns: readonly string[];
}

export interface TableEndRecord {
  readonly rows: number;
}

export interface EndRecord {
  readonly tables: number;
}

/** Kind (8 bits), length (32 bits, big-endian), payload. */
export function encodeRecord(kind: RecordKind, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(kind);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

export function encodeJsonRecord(kind: RecordKind, value: unknown): Buffer {
  return encodeRecord(kind, Buffer.from(JSON.stringify(value)));
}

/** A row is a line of COPY's text; line ends within values are escaped. */
export function countRows(piece: Buffer): number {
  let count = 0;
  for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) count++;
  return count;
}
