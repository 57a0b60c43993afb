import { create } from '@bufbuild/protobuf';
import {
  GapRecordSchema,
  Kind,
  ManifestEntrySchema,
  OperationReport_State as State,
  OperationReportSchema,
  OperationStartSchema,
  OutputBatchSchema,
  PlacementReportSchema,
  SecretValueSchema,
  TombstoneSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { expect, test } from 'vitest';
import { NO_FENCE } from './fence';
import { sha256Of } from './manifest-judge';
import type { AcceptedEntry, ManifestChange, Store } from './store.port';

export interface StoreUnderTest {
  readonly store: Store;
  /** The store as it is after the process was killed and started again; absent where nothing outlives it. */
  readonly reopen?: () => Store;
}

const A = '019a0000-0000-7000-8000-00000000000a';
const B = '019a0000-0000-7000-8000-00000000000b';
const SECRET = '019a0000-0000-7000-8000-0000000000ff';

function accepted(uid: string, body: Uint8Array, generation = 1n, secretVersion?: number): AcceptedEntry {
  const entry = create(ManifestEntrySchema, {
    uid,
    kind: Kind.SITE,
    name: 'a',
    generation,
    bodySha256: sha256Of(body),
  });
  const version = {
    $typeName: 'ostler.link.v1.SecretVersion' as const,
    uid: SECRET,
    version: secretVersion ?? 0,
  };
  return { entry, secrets: secretVersion === undefined ? [] : [version] };
}

function change(revision: bigint, parts: Partial<ManifestChange> = {}): ManifestChange {
  const index = Buffer.from(`index ${revision}`);
  const fence = { epoch: 1n, revision, sha256: sha256Of(index) };
  return { fence, index: new Uint8Array(index), accepted: [], refused: [], tombstones: [], ...parts };
}

/** What every store does. */
export function storeContract(open: () => StoreUnderTest): void {
  ledgerContract(open);
  outboxContract(open);
  journalContract(open);
  spoolContract(open);
}

function ledgerContract(open: () => StoreUnderTest): void {
  test('a manifest is there with its exact bytes, its entries and their bodies, after a restart too', () => {
    const { store, reopen } = open();
    expect(store.ledger.fence()).toEqual(NO_FENCE);
    const body = new Uint8Array([1, 2, 3]);
    store.ledger.putBody(sha256Of(body), body);
    const stored = change(1n, { accepted: [accepted(A, body)] });
    store.ledger.commit(stored);
    const after = reopen?.() ?? store;
    expect(after.ledger.fence()).toEqual(stored.fence);
    expect(after.ledger.index()).toEqual(stored.index);
    expect(after.ledger.entry(A)).toMatchObject({ placed: true, accepted: { name: 'a', generation: 1n } });
    expect(after.ledger.body(sha256Of(body))).toEqual(body);
    after.close();
  });

  test('bodies that nothing names are dropped with the next manifest, and not before', () => {
    const { store } = open();
    const [old, next] = [new Uint8Array([1]), new Uint8Array([2])];
    store.ledger.putBody(sha256Of(old), old);
    store.ledger.commit(change(1n, { accepted: [accepted(A, old)] }));
    store.ledger.putBody(sha256Of(next), next);
    expect(store.ledger.has(sha256Of(next))).toBe(true);
    store.ledger.commit(change(2n, { accepted: [accepted(A, next, 2n)] }));
    expect(store.ledger.has(sha256Of(old))).toBe(false);
    expect(store.ledger.has(sha256Of(next))).toBe(true);
    store.close();
  });

  test('an entry that is not named any more stays, with its body, until a tombstone is carried out', () => {
    const { store } = open();
    const body = new Uint8Array([1]);
    store.ledger.putBody(sha256Of(body), body);
    store.ledger.commit(change(1n, { accepted: [accepted(A, body)] }));
    store.ledger.commit(change(2n));
    expect(store.ledger.entry(A)).toMatchObject({ placed: false });
    expect(store.ledger.has(sha256Of(body))).toBe(true);
    store.ledger.commit(change(3n, { tombstones: [create(TombstoneSchema, { uid: A, kind: Kind.SITE })] }));
    expect(store.ledger.tombstone(A)).toMatchObject({ done: false });
    store.ledger.commit(change(4n));
    expect(store.ledger.tombstone(A)).toMatchObject({ done: false });
    store.ledger.finishTombstone(A);
    expect([...store.ledger.entries()]).toEqual([]);
    expect(store.ledger.has(sha256Of(body))).toBe(false);
    store.ledger.commit(change(5n));
    expect(store.ledger.tombstones()).toEqual([]);
    store.close();
  });

  test('a refused entry stands beside the one in force, and keeps both bodies', () => {
    const { store } = open();
    const [good, bad] = [new Uint8Array([1]), new Uint8Array([2])];
    store.ledger.putBody(sha256Of(good), good);
    store.ledger.commit(change(1n, { accepted: [accepted(A, good)] }));
    store.ledger.putBody(sha256Of(bad), bad);
    const { entry } = accepted(A, bad, 2n);
    store.ledger.commit(change(2n, { refused: [{ entry, reason: 'UNKNOWN_FIELD', message: 'why' }] }));
    const held = store.ledger.entry(A);
    expect(held).toMatchObject({
      accepted: { generation: 1n },
      refused: { reason: 'UNKNOWN_FIELD', message: 'why' },
    });
    expect(store.ledger.has(sha256Of(good)) && store.ledger.has(sha256Of(bad))).toBe(true);
    store.ledger.commit(change(3n, { accepted: [accepted(A, good)] }));
    expect(store.ledger.entry(A)?.refused).toBeUndefined();
    store.close();
  });

  test('a secret is kept only while it is referenced, and only its references are woken', () => {
    const { store } = open();
    const value = create(SecretValueSchema, { uid: SECRET, version: 1, value: new Uint8Array([9]) });
    expect(store.secrets.put([value])).toEqual([]);
    expect(store.secrets.value(SECRET, 1)).toBeUndefined();
    const body = new Uint8Array([1]);
    store.ledger.putBody(sha256Of(body), body);
    store.ledger.commit(change(1n, { accepted: [accepted(A, body, 1n, 1), accepted(B, body)] }));
    expect(store.secrets.needed()).toMatchObject([{ uid: SECRET, version: 1 }]);
    expect(store.secrets.put([{ ...value, refused: true }])).toEqual([]);
    expect(store.secrets.put([value])).toEqual([A]);
    expect(store.secrets.needed()).toEqual([]);
    expect(store.secrets.value(SECRET, 1)).toEqual(new Uint8Array([9]));
    store.ledger.commit(change(2n, { accepted: [accepted(A, body, 2n, 2), accepted(B, body)] }));
    expect(store.secrets.value(SECRET, 1)).toBeUndefined();
    expect(store.secrets.needed()).toMatchObject([{ version: 2 }]);
    store.close();
  });

  test('what fails in a transaction leaves nothing of it', () => {
    const { store } = open();
    const body = new Uint8Array([1]);
    const failing = (): void =>
      store.transaction(() => {
        store.ledger.putBody(sha256Of(body), body);
        store.ledger.commit(change(1n, { accepted: [accepted(A, body)] }));
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(store.ledger.fence()).toEqual(NO_FENCE);
    expect(store.ledger.has(sha256Of(body))).toBe(false);
    store.close();
  });
}

function outboxContract(open: () => StoreUnderTest): void {
  const report = (uid: string, generation: bigint) =>
    create(PlacementReportSchema, { uid, observedGeneration: generation });

  test('status is coalesced by resource and waits until acknowledged, after a restart too', () => {
    const { store, reopen } = open();
    store.statuses.put([report(A, 1n), report(B, 1n)]);
    store.statuses.put([report(A, 2n)]);
    const first = store.statuses.pending(1e6);
    expect(first.placements.map(({ uid, observedGeneration }) => [uid, observedGeneration])).toEqual([
      [B, 1n],
      [A, 2n],
    ]);
    store.statuses.put([report(B, 3n)]);
    store.statuses.acknowledge(first.sequence);
    const after = reopen?.() ?? store;
    expect(after.statuses.pending(1e6).placements).toMatchObject([{ uid: B, observedGeneration: 3n }]);
    expect([...after.statuses.all()]).toHaveLength(2);
    expect(after.statuses.of(A)).toMatchObject({ observedGeneration: 2n });
    after.statuses.acknowledge(first.sequence + 1000n);
    expect(after.statuses.pending(1e6).placements).toHaveLength(1);
    after.close();
  });

  test('more than fits comes in parts, the oldest first, at least one', () => {
    const { store } = open();
    store.statuses.put([report(A, 1n), report(B, 1n)]);
    const first = store.statuses.pending(1);
    expect(first.placements).toMatchObject([{ uid: A }]);
    store.statuses.acknowledge(first.sequence);
    const second = store.statuses.pending(1);
    expect(second.placements).toMatchObject([{ uid: B }]);
    store.statuses.acknowledge(second.sequence);
    expect(store.statuses.pending(1).placements).toEqual([]);
    store.close();
  });
}

function journalContract(open: () => StoreUnderTest): void {
  test('an operation is accepted once, ends once, and its uid stays known after it is forgotten', () => {
    const { store, reopen } = open();
    const start = create(OperationStartSchema, { uid: A, operation: { case: 'noop', value: {} } });
    const at = (state: State) => create(OperationReportSchema, { uid: A, state });
    expect(store.journal.accept(start, at(State.ACCEPTED))).toBe(true);
    expect(store.journal.accept(start, at(State.ACCEPTED))).toBe(false);
    expect(store.journal.get(A)).toMatchObject({ begun: false });
    store.journal.begin(at(State.RUNNING));
    store.journal.forget(A);
    expect(store.journal.open()).toMatchObject([{ begun: true, report: { state: State.RUNNING } }]);
    store.journal.update(at(State.SUCCEEDED));
    store.journal.update(at(State.FAILED));
    const after = reopen?.() ?? store;
    expect(after.journal.open()).toMatchObject([{ report: { state: State.SUCCEEDED } }]);
    after.journal.forget(A);
    expect(after.journal.open()).toEqual([]);
    expect(after.journal.accept(start, at(State.ACCEPTED))).toBe(false);
    after.close();
  });

  test('of forgotten operations a thousand are remembered', () => {
    const { store } = open();
    store.transaction(() => {
      for (let count = 0; count < 1100; count++) {
        const uid = newUid();
        const report = create(OperationReportSchema, { uid, state: State.SUCCEEDED });
        store.journal.accept(create(OperationStartSchema, { uid }), report);
        store.journal.forget(uid);
      }
    });
    const running = create(OperationReportSchema, { uid: A, state: State.RUNNING });
    store.journal.accept(create(OperationStartSchema, { uid: A }), running);
    expect(store.journal.get(A)).toBeDefined();
    store.close();
  });
}

function spoolContract(open: () => StoreUnderTest): void {
  const output = (data: string) => ({
    batch: {
      case: 'output' as const,
      value: create(OutputBatchSchema, { operationUid: A, data: new Uint8Array(Buffer.from(data)) }),
    },
  });

  test('frames come in order from a sequence on, and stay until acknowledged, after a restart too', () => {
    const { store, reopen } = open();
    const first = store.spool.append(output('one'));
    const second = store.spool.append(output('two'));
    const third = store.spool.append({
      batch: { case: 'gap', value: create(GapRecordSchema, { operationUid: A }) },
    });
    expect([second, third]).toEqual([first + 1n, first + 2n]);
    expect(store.spool.after(first, 1e6).map(({ sequence }) => sequence)).toEqual([second, third]);
    expect(store.spool.after(0n, 1)).toHaveLength(1);
    store.spool.acknowledge(second);
    const after = reopen?.() ?? store;
    expect(after.spool.after(0n, 1e6)).toMatchObject([{ sequence: third, batch: { case: 'gap' } }]);
    after.spool.acknowledge(third);
    expect(after.spool.append(output('more'))).toBe(third + 1n);
    after.close();
  });

  test('is bounded, and says so before', () => {
    const { store } = open();
    expect(store.spool.hasRoom(4 * 1024 * 1024)).toBe(true);
    store.spool.append(output('x'.repeat(60_000)));
    expect(store.spool.hasRoom(4 * 1024 * 1024)).toBe(false);
    expect(store.spool.hasRoom(1024 * 1024)).toBe(true);
    store.close();
  });
}
