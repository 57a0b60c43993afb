import { create, toBinary } from '@bufbuild/protobuf';
import { ConditionStatus, ErrorReason, Kind, ManifestBodySchema } from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';
import { describe, expect, test } from 'vitest';
import type { Output } from './reconcile';
import { openMemoryStore } from './store';
import { fakeServer, offer, readyOf, takeStatus } from './testing/agent-on-fakes';
import { buildManifest, certificateBody, siteBody } from './testing/manifest-builder';

const READY = `${ConditionStatus.TRUE} APPLIED`;

function output(fingerprint: string): Output {
  return {
    case: 'certificate',
    certificatePath: '/c',
    privateKeyPath: '/k',
    fingerprint,
    domains: [],
    notAfterMs: 0,
  };
}

describe('a manifest', () => {
  test('is stored, reconciled, and its status waits for the control plane until acknowledged', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    const uid = newUid();
    const { serverUid } = server;
    const outcome = await offer(agent, {
      serverUid,
      revision: 1n,
      resources: [{ uid, name: 'hello', generation: 3n }],
    });
    expect(outcome).toMatchObject({ stored: true, fence: { epoch: 1n, revision: 1n } });
    await agent.reconciler.settled();
    expect(server.files.tree('/effects')).toEqual({ [`/effects/sites/${uid}`]: 'generation 3' });
    const report = agent.core.pendingStatus(1e6).placements[0];
    expect(readyOf(report)).toBe(READY);
    expect(report).toMatchObject({ uid, observedGeneration: 3n, observedEpoch: 1n, removed: false });
    expect(takeStatus(agent).size).toBe(1);
    expect(takeStatus(agent).size).toBe(0);
    expect(agent.core.held()).toMatchObject([{ uid, name: 'hello', generation: 3n }]);
  });

  test('goes on being enforced by an agent that starts without a control plane', async () => {
    const server = await fakeServer();
    const uid = newUid();
    const before = await server.boot();
    await offer(before, { serverUid: server.serverUid, revision: 1n, resources: [{ uid, name: 'hello' }] });
    await before.reconciler.settled();
    await server.files.removeTree(`/effects/sites/${uid}`);
    const after = await server.boot();
    await after.reconciler.settled();
    expect(server.files.tree('/effects')).toEqual({ [`/effects/sites/${uid}`]: 'generation 1' });
  });

  test('that was stored before a crash is reconciled after it', async () => {
    const server = await fakeServer();
    const uid = newUid();
    const before = await server.boot();
    server.files.crashAfter(0);
    await offer(before, { serverUid: server.serverUid, revision: 1n, resources: [{ uid, name: 'hello' }] });
    await before.reconciler.settled();
    server.files.heal();
    expect(server.files.tree('/effects')).toEqual({});
    const after = await server.boot();
    await after.reconciler.settled();
    expect(server.files.tree('/effects')).toEqual({ [`/effects/sites/${uid}`]: 'generation 1' });
    expect(readyOf(takeStatus(after).get(uid))).toBe(READY);
  });

  test('with lower numbers, or the same with other bytes, is refused and changes nothing', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    const { serverUid } = server;
    const uid = newUid();
    const second = buildManifest({ serverUid, epoch: 2n, revision: 2n, resources: [{ uid, name: 'hello' }] });
    expect(await offer(agent, second)).toMatchObject({ stored: true });
    expect(await offer(agent, second)).toMatchObject({ stored: true });
    expect(await offer(agent, { serverUid, epoch: 2n, revision: 1n })).toMatchObject({
      stored: false,
      reason: 'FENCED',
    });
    expect(await offer(agent, { serverUid, epoch: 1n, revision: 9n })).toMatchObject({
      stored: false,
      reason: 'FENCED',
    });
    expect(await offer(agent, { serverUid, epoch: 2n, revision: 2n })).toMatchObject({
      stored: false,
      reason: 'FENCED',
    });
    expect(agent.core.fence()).toEqual(second.offer);
    expect(agent.core.held()).toHaveLength(1);
  });

  test('for another server is refused', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    expect(await offer(agent, { serverUid: newUid(), revision: 1n })).toMatchObject({
      reason: 'WRONG_SERVER',
    });
    expect(agent.core.fence().revision).toBe(0n);
  });

  test('whose disk is full is not stored, and is when there is room', async () => {
    let full = false;
    const store = openMemoryStore(() => {
      if (full) throw Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR' });
    });
    const server = await fakeServer({ store });
    const agent = await server.boot();
    const manifest = buildManifest({
      serverUid: server.serverUid,
      revision: 1n,
      resources: [{ uid: newUid(), name: 'a' }],
    });
    full = true;
    await expect(offer(agent, manifest)).rejects.toThrow('full');
    expect(agent.core.fence().revision).toBe(0n);
    full = false;
    expect(await offer(agent, manifest)).toMatchObject({ stored: true });
  });
});

describe('absence and tombstones', () => {
  test('what a manifest does not name any more stays, is healed and is held', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    const uid = newUid();
    await offer(agent, { serverUid: server.serverUid, revision: 1n, resources: [{ uid, name: 'hello' }] });
    await offer(agent, { serverUid: server.serverUid, revision: 2n });
    await agent.reconciler.settled();
    await server.files.removeTree(`/effects/sites/${uid}`);
    await server.clock.advance(80_000);
    await agent.reconciler.settled();
    expect(server.files.tree('/effects')).toEqual({ [`/effects/sites/${uid}`]: 'generation 1' });
    expect(agent.core.held()).toMatchObject([{ uid }]);
  });

  test('a tombstone removes, says so once, and is done for later manifests', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    const { serverUid } = server;
    const uid = newUid();
    const tombstones = [{ uid, kind: Kind.SITE, name: 'hello', generation: 2n }];
    await offer(agent, { serverUid, revision: 1n, resources: [{ uid, name: 'hello' }] });
    await agent.reconciler.settled();
    takeStatus(agent);
    await offer(agent, { serverUid, revision: 2n, tombstones });
    await agent.reconciler.settled();
    expect(server.files.tree('/effects')).toEqual({});
    expect(takeStatus(agent).get(uid)).toMatchObject({ removed: true, observedGeneration: 2n });
    expect(agent.core.held()).toEqual([]);
    await offer(agent, { serverUid, revision: 3n, tombstones });
    await agent.reconciler.settled();
    expect(takeStatus(agent).size).toBe(0);
    await offer(agent, { serverUid, revision: 4n });
    expect(server.store.ledger.tombstones()).toEqual([]);
  });

  test('a restored control plane, which has a higher epoch, hears of the removal again', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    const { serverUid } = server;
    const uid = newUid();
    const tombstones = [{ uid, kind: Kind.SITE, name: 'hello', generation: 2n }];
    await offer(agent, { serverUid, revision: 1n, tombstones });
    await agent.reconciler.settled();
    takeStatus(agent);
    await offer(agent, { serverUid, epoch: 2n, revision: 1n, tombstones });
    expect(takeStatus(agent).get(uid)).toMatchObject({ removed: true, observedEpoch: 2n });
  });

  test('a tombstone ends the run that its resource is in', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    const { serverUid } = server;
    const uid = newUid();
    server.sites.waits.set('slow', new Promise(() => undefined));
    await offer(agent, { serverUid, revision: 1n, resources: [{ uid, name: 'slow' }] });
    await offer(agent, {
      serverUid,
      revision: 2n,
      tombstones: [{ uid, kind: Kind.SITE, name: 'slow', generation: 1n }],
    });
    await agent.reconciler.settled();
    expect(takeStatus(agent).get(uid)).toMatchObject({ removed: true });
  });
});

describe('a body that cannot be taken', () => {
  // Field 4095 of ManifestBody, a varint: a newer control plane's.
  const unknownField = Uint8Array.from([
    ...toBinary(ManifestBodySchema, siteBody('a.example')),
    0xf8,
    0xff,
    0x01,
    0x01,
  ]);

  test('with an unknown field is refused alone; the last good one stays in force', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    const { serverUid } = server;
    const [uid, other] = [newUid(), newUid()];
    await offer(agent, { serverUid, revision: 1n, resources: [{ uid, name: 'a' }] });
    const outcome = await offer(agent, {
      serverUid,
      revision: 2n,
      resources: [
        { uid, name: 'a', generation: 2n, bytes: unknownField },
        { uid: other, name: 'b' },
      ],
    });
    expect(outcome).toMatchObject({ stored: true, refused: { reason: 'UNKNOWN_FIELD', uids: [uid] } });
    expect(outcome.stored && outcome.refused?.message).toContain('The site a, generation 2');
    await agent.reconciler.settled();
    const status = takeStatus(agent);
    expect(readyOf(status.get(uid))).toBe(`${ConditionStatus.FALSE} UNKNOWN_FIELD`);
    expect(status.get(uid)?.observedGeneration).toBe(2n);
    expect(readyOf(status.get(other))).toBe(READY);
    expect(server.files.tree('/effects')[`/effects/sites/${uid}`]).toBe('generation 1');
  });

  test('is refused by the rules of the contract and by its driver, each with the field', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    server.sites.refused.add('disliked');
    const noDomain = create(ManifestBodySchema, {
      spec: { case: 'site', value: { placement: { server: 'a' } } },
    });
    const [first, second] = [newUid(), newUid()];
    const outcome = await offer(agent, {
      serverUid: server.serverUid,
      revision: 1n,
      resources: [
        { uid: first, name: 'empty', body: noDomain },
        { uid: second, name: 'disliked' },
      ],
    });
    expect(outcome).toMatchObject({ stored: true, refused: { reason: 'INVALID', uids: [first, second] } });
    expect(outcome.stored && outcome.refused?.message).toMatch(/domains[\s\S]*does not like/);
    await agent.reconciler.settled();
    expect(readyOf(takeStatus(agent).get(first))).toBe(`${ConditionStatus.FALSE} INVALID`);
    expect(server.files.tree('/effects')).toEqual({});
  });

  test('is taken after an update of the agent that knows it, without another offer', async () => {
    const server = await fakeServer();
    const before = await server.boot();
    const uid = newUid();
    server.sites.refused.add('a');
    await offer(before, { serverUid: server.serverUid, revision: 1n, resources: [{ uid, name: 'a' }] });
    await before.reconciler.settled();
    expect(readyOf(takeStatus(before).get(uid))).toBe(`${ConditionStatus.FALSE} INVALID`);
    server.sites.refused.clear();
    const after = await server.boot();
    await after.reconciler.settled();
    expect(readyOf(takeStatus(after).get(uid))).toBe(READY);
    expect(after.core.fence().revision).toBe(1n);
  });

  test('is taken when a later manifest has a good one', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    const { serverUid } = server;
    const uid = newUid();
    await offer(agent, { serverUid, revision: 1n, resources: [{ uid, name: 'a', bytes: unknownField }] });
    await offer(agent, { serverUid, revision: 2n, resources: [{ uid, name: 'a', generation: 2n }] });
    await agent.reconciler.settled();
    expect(readyOf(takeStatus(agent).get(uid))).toBe(READY);
  });
});

describe('references', () => {
  test('a resource plans without an output, again when it is there, and at once after a restart', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    const [site, certificate] = [newUid(), newUid()];
    server.certificates.failures.set(
      'tls',
      new AppError(ErrorReason.UNAVAILABLE, 'The authority does not answer.'),
    );
    const edges = [{ kind: Kind.CERTIFICATE, name: 'tls', uid: certificate }];
    await offer(agent, {
      serverUid: server.serverUid,
      revision: 1n,
      resources: [
        { uid: site, name: 'a', edges },
        { uid: certificate, name: 'tls', kind: Kind.CERTIFICATE, body: certificateBody('a.example') },
      ],
    });
    await agent.reconciler.settled();
    const path = `/effects/sites/${site}`;
    expect(server.files.tree('/effects')[path]).toBe('generation 1, nothing');
    const failed = takeStatus(agent).get(certificate)?.conditions[0];
    expect(failed).toMatchObject({ reason: 'UNAVAILABLE', message: 'The authority does not answer.' });

    server.certificates.failures.clear();
    server.certificates.outputs.set('tls', output('f1'));
    await server.clock.advance(1000);
    await agent.reconciler.settled();
    expect(server.files.tree('/effects')[path]).toBe('generation 1, f1');

    await server.files.removeTree(path);
    server.certificates.waits.set('tls', new Promise(() => undefined));
    await server.boot();
    await server.clock.advance(0);
    expect(server.files.tree('/effects')[path]).toBe('generation 1, f1');
  });
});

describe('the reconciler', () => {
  test('comes back to a failure with back-off, and to everything about once a minute', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    const uid = newUid();
    server.sites.failures.set('a', new Error('not today'));
    await offer(agent, { serverUid: server.serverUid, revision: 1n, resources: [{ uid, name: 'a' }] });
    await agent.reconciler.settled();
    expect(server.sites.runs.get(uid)).toBe(1);
    await server.clock.advance(750);
    expect(server.sites.runs.get(uid)).toBe(2);
    server.sites.failures.clear();
    await server.clock.advance(1000);
    expect(server.sites.runs.get(uid)).toBe(3);
    await server.clock.advance(59_000);
    expect(server.sites.runs.get(uid)).toBe(3);
    await server.clock.advance(2000);
    expect(server.sites.runs.get(uid)).toBe(4);
  });

  test('an unchanged look writes nothing, and since-when stays', async () => {
    let commits = 0;
    const server = await fakeServer({ store: openMemoryStore(() => void commits++) });
    const agent = await server.boot();
    const uid = newUid();
    await offer(agent, { serverUid: server.serverUid, revision: 1n, resources: [{ uid, name: 'a' }] });
    await agent.reconciler.settled();
    const since = takeStatus(agent).get(uid)?.conditions[0]?.lastTransitionAt;
    const before = { commits, changes: server.files.changes };
    await server.clock.advance(300_000);
    expect(server.sites.runs.get(uid)).toBeGreaterThan(4);
    expect({ commits, changes: server.files.changes }).toEqual(before);
    await offer(agent, {
      serverUid: server.serverUid,
      revision: 2n,
      resources: [{ uid, name: 'a', generation: 2n }],
    });
    await agent.reconciler.settled();
    const condition = takeStatus(agent).get(uid)?.conditions[0];
    expect(condition?.lastTransitionAt).toEqual(since);
    expect(condition?.observedGeneration).toBe(2n);
  });

  test('has a limit on what works at once, without what waits parked', async () => {
    const server = await fakeServer();
    const agent = await server.boot();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const resources = Array.from({ length: 60 }, (_, index) => ({ uid: newUid(), name: `site-${index}` }));
    for (const { name } of resources) server.sites.waits.set(name, gate);
    await offer(agent, { serverUid: server.serverUid, revision: 1n, resources });
    await server.clock.advance(0);
    expect(server.sites.mostAtOnce).toBe(60);
    open();
    await agent.reconciler.settled();
    expect(takeStatus(agent).size).toBe(60);
  });
});
