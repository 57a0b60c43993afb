import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

interface Cost {
  readonly memoryKibibytes: number;
  readonly passes: number;
  readonly lanes: number;
}

/** The first choice of RFC 9106 for memory-constrained environments is 64 MiB; this is OWASP's for sign-in. */
const cost: Cost = { memoryKibibytes: 19_456, passes: 2, lanes: 1 };
const hashBytes = 32;
const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** The PHC string of a password, argon2id. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await compute(password, salt, cost, hashBytes);
  const { memoryKibibytes: m, passes: t, lanes: p } = cost;
  return `$argon2id$v=19$m=${m},t=${t},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Compares in constant time. @throws when the stored hash is not one of ours. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, m, t, p, salt, hash] = phc.exec(stored) ?? [];
  if (!salt || !hash) throw new Error('not an argon2id hash');
  const expected = Buffer.from(hash, 'base64');
  const storedCost = { memoryKibibytes: Number(m), passes: Number(t), lanes: Number(p) };
  const actual = await compute(password, Buffer.from(salt, 'base64'), storedCost, expected.length);
  return timingSafeEqual(actual, expected);
}

/** A first password: 20 characters of an alphabet without look-alikes, in groups, 98 bits. */
export function newFirstPassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = (): string => Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}

function compute(
  password: string,
  nonce: Buffer,
  { memoryKibibytes, passes, lanes }: Cost,
  tagLength: number,
) {
  // NFKC, so that the same password typed on another keyboard is the same bytes.
  const message = Buffer.from(password.normalize('NFKC'));
  return derive('argon2id', {
    message,
    nonce,
    parallelism: lanes,
    tagLength,
    memory: memoryKibibytes,
    passes,
  });
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
