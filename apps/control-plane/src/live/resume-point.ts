import { createHash } from 'node:crypto';

import type { LiveWatchRequest_Topic as Topic } from '@ostler/contracts';

/** Removals are remembered far longer; whoever was away for this long reads everything anew. */
const goodForMs = 3_600_000;

/** Where a stream stands in the orders of changes. Told to the watcher and brought back after a cut. */
export interface ResumePoint {
  /** Of the installation: what a restored one counted before may not have happened. */
  readonly epoch: bigint;
  readonly tenantUids: readonly string[];
  readonly atMs: number;
  readonly versions: ReadonlyMap<Topic, bigint>;
}

/** Bytes that only the control plane looks into: docs/adr/0150-socket.md. */
export function encodeResumePoint({ epoch, tenantUids, atMs, versions }: ResumePoint): Uint8Array {
  const of = [...versions].map(([topic, version]) => [topic, String(version)]);
  return Buffer.from(JSON.stringify({ v: 1, epoch: String(epoch), who: digestOf(tenantUids), atMs, of }));
}

/**
 * The versions to go on from; none where the point is of another epoch, of other tenants, too old, or no such
 * point at all. It is not signed: a made-up one leaves things out for nobody but who made it up.
 */
export function versionsOf(
  bytes: Uint8Array,
  now: Pick<ResumePoint, 'epoch' | 'tenantUids' | 'atMs'>,
): ReadonlyMap<Topic, bigint> {
  const point = parsed(bytes);
  const ageMs = now.atMs - Number(point['atMs']);
  const isGood =
    point['v'] === 1 &&
    point['epoch'] === String(now.epoch) &&
    point['who'] === digestOf(now.tenantUids) &&
    ageMs >= 0 &&
    ageMs < goodForMs;
  return new Map(isGood ? entriesOf(point['of']) : []);
}

function entriesOf(value: unknown): [Topic, bigint][] {
  const isEntry = (one: unknown): one is [number, string] =>
    Array.isArray(one) && typeof one[0] === 'number' && /^[1-9]\d{0,18}$/.test(String(one[1]));
  return (Array.isArray(value) ? value : []).filter(isEntry).map(([topic, text]) => [topic, BigInt(text)]);
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function digestOf(tenantUids: readonly string[]): string {
  return createHash('sha256').update(tenantUids.join(' ')).digest('base64url').slice(0, 16);
}
