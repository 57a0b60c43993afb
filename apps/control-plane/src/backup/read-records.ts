import { type BackupRecord, damaged } from './backup-format';

const headBytes = 5;
/** A piece of COPY is 64 KiB; one row with a body of 1 MiB is two MiB of hexadecimal. */
const mostPayloadBytes = 64 * 1024 * 1024;

/** Cuts a stream into its records. @throws AppError INVALID when it ends within one. */
export async function* readRecords(stream: AsyncIterable<Buffer>): AsyncGenerator<BackupRecord> {
  const pieces: Buffer[] = [];
  let have = 0;
  for await (const piece of stream) {
    pieces.push(piece);
    have += piece.length;
    if (have < headBytes) continue;
    let bytes = joined(pieces);
    for (let next = cut(bytes); next; next = cut(bytes)) {
      yield next.record;
      bytes = bytes.subarray(next.end);
    }
    pieces.splice(0, pieces.length, bytes);
    have = bytes.length;
  }
  if (have > 0) throw damaged('it ends in the middle');
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

function cut(bytes: Buffer): { readonly record: BackupRecord; readonly end: number } | undefined {
  if (bytes.length < headBytes) return undefined;
  const length = bytes.readUInt32BE(1);
  if (length > mostPayloadBytes) throw damaged('a record of it is too long');
  const end = headBytes + length;
  if (bytes.length < end) return undefined;
  return { record: { kind: bytes.readUInt8(0), payload: bytes.subarray(headBytes, end) }, end };
}
