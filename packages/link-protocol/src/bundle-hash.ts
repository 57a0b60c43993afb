import { createHash } from 'node:crypto';

/** Names a set of roots, in whatever order: SHA-256 over their DER, ascending by their own SHA-256. */
export function bundleSha256(roots: readonly Uint8Array[]): Buffer {
  const hashed = roots.map((der) => ({ der, sha256: createHash('sha256').update(der).digest() }));
  hashed.sort((a, b) => Buffer.compare(a.sha256, b.sha256));
  const whole = createHash('sha256');
  for (const { der } of hashed) whole.update(der);
  return whole.digest();
}
