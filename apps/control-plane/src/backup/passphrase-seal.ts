import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { damaged, type Encryption } from './backup-format';

const pieceBytes = 64 * 1024;
const tagBytes = 16;
const lengthBytes = 4;
const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
);

/** 128 MiB and about half a second for each guess. */
export function newEncryption(): Encryption {
  const salt = randomBytes(32).toString('base64');
  return {
    cipher: 'aes-256-gcm',
    derivation: 'scrypt',
    cost: 131_072,
    blockSize: 8,
    parallelization: 1,
    salt,
  };
}

/** The key of one file: its salt is its own, so counters can serve as nonces. */
export function keyOf(passphrase: string, encryption: Encryption): Promise<Buffer> {
  const { cost: N, blockSize: r, parallelization: p, salt } = encryption;
  if (N * r > 1_048_576 * 8) throw damaged('its header asks for more memory than any backup does');
  return derive(passphrase, Buffer.from(salt, 'base64'), 32, { N, r, p, maxmem: 256 * N * r });
}

/**
 * Pieces of `length (32 bits) | ciphertext | tag`. The nonce is the number of the piece, with 1 in front for
 * the last, so that pieces can neither change places nor be cut off; the header is bound as associated data.
 */
export async function* sealed(stream: AsyncIterable<Buffer>, key: Buffer, header: Buffer) {
  const bound = createHash('sha256').update(header).digest();
  let number = 0n;
  const seal = (plain: Buffer, isLast: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number++, isLast)).setAAD(bound);
    const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  };
  let rest = Buffer.alloc(0);
  for await (const piece of stream) {
    rest = Buffer.concat([rest, piece]);
    while (rest.length > pieceBytes) {
      yield seal(rest.subarray(0, pieceBytes), false);
      rest = rest.subarray(pieceBytes);
    }
  }
  yield seal(rest, true);
}

/** @throws AppError INVALID for a wrong passphrase, and for a file that was changed. */
export async function* opened(stream: AsyncIterable<Buffer>, key: Buffer, header: Buffer) {
  const bound = createHash('sha256').update(header).digest();
  let number = 0n;
  let rest = Buffer.alloc(0);
  let pending: Buffer | undefined;
  const open = (piece: Buffer, isLast: boolean): Buffer => {
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number++, isLast)).setAAD(bound);
    decipher.setAuthTag(piece.subarray(-tagBytes));
    try {
      return Buffer.concat([decipher.update(piece.subarray(0, -tagBytes)), decipher.final()]);
    } catch {
      if (number === 1n) throw wrongPassphrase();
      throw damaged('a piece of it does not open');
    }
  };
  for await (const bytes of stream) {
    rest = Buffer.concat([rest, bytes]);
    for (let length = lengthOf(rest); length !== undefined; length = lengthOf(rest)) {
      if (pending) yield open(pending, false);
      pending = Buffer.from(rest.subarray(lengthBytes, lengthBytes + length));
      rest = rest.subarray(lengthBytes + length);
    }
  }
  if (!pending || rest.length > 0) throw damaged('it ends in the middle');
  yield open(pending, true);
}

function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < lengthBytes) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length < tagBytes || length > pieceBytes + tagBytes) throw damaged('a piece of it has a wrong length');
  return bytes.length < lengthBytes + length ? undefined : length;
}

function nonceOf(number: bigint, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt8(isLast ? 1 : 0);
  nonce.writeBigUInt64BE(number, 4);
  return nonce;
}

function wrongPassphrase(): AppError {
  return new AppError(ErrorReason.INVALID, 'The passphrase is not the one that this backup was made with.');
}
