import { verify, X509Certificate } from 'node:crypto';

import { create } from '@bufbuild/protobuf';
import { HeldResourceSchema, Kind, type SignedEpoch, type Welcome } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { MemoryAgent } from '@ostler/link-protocol/memory';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { execute } from '../platform/db';
import { connectAgent, type LinkApp, startLinkApp, type TestIdentity } from './start-link-app.fixture';

let app: LinkApp;
let identity: TestIdentity;
const blog = create(HeldResourceSchema, { uid: newUid(), kind: Kind.SITE, name: 'blog', generation: 4n });

beforeAll(async () => {
  app = await startLinkApp();
  identity = await app.join('web-1');
});
afterAll(() => app.close());

const setEpoch = (epoch: bigint) =>
  app.db.unitOfWork.asSystem('restore', () => execute('update installation set epoch = $1', [epoch]));

/** One that followed this epoch and holds a site. */
function agentOf(epoch: bigint): MemoryAgent {
  const agent = new MemoryAgent();
  agent.stored = { epoch, revision: 9n, sha256: new Uint8Array(32) };
  agent.holds = [blog];
  return agent;
}

/** By an authority that the root of the join has issued. */
function isVouchedFor(signed: SignedEpoch | undefined): boolean {
  const [signer] = (signed?.certificateChain ?? []).map((der) => new X509Certificate(der));
  const root = new X509Certificate(identity.caPem);
  if (!signed || !signer?.ca || !signer.verify(root.publicKey)) return false;
  return verify('sha256', Buffer.from(`ostler epoch\n${signed.epoch}`), signer.publicKey, signed.signature);
}

const orphans = async () => (await app.fleet.getServer({ name: 'web-1' })).server!.orphans;

test('an agent believes a raised epoch by the signature of the authority, and tells what it holds', async () => {
  await setEpoch(7n);
  let welcome: Welcome | undefined;
  const { close, end } = connectAgent(app.agentPort, identity, agentOf(1n), undefined, undefined, {
    refusesEpoch: (told) => {
      welcome = told;
      return isVouchedFor(told.signedEpoch) ? undefined : 'nobody signed it';
    },
  });
  await vi.waitFor(
    async () => expect(await orphans()).toMatchObject([{ name: 'blog', generation: 4n }]),
    10_000,
  );
  expect(welcome).toMatchObject({ epoch: 7n, signedEpoch: { epoch: 7n } });
  close();
  await end;
});

test('an orphan is discarded by whoever may write servers, and only one that is there', async () => {
  const discard = (uid: string) =>
    app.fleet.discardOrphans({ requestId: newUid(), name: 'web-1', uids: [uid] });
  await expect(discard(newUid())).rejects.toThrow(/orphans/);
  expect((await discard(blog.uid)).server?.orphans).toHaveLength(1);
});

test('a server that followed a later epoch is refused by the older control plane, which says the way out', async () => {
  const { end } = connectAgent(app.agentPort, identity, agentOf(99n));
  const { goAway, message } = await end;
  expect(goAway?.reason).toBe('REPLACED');
  expect(message).toMatch(/follows epoch 99.*raise-epoch --above 99/);
  await vi.waitFor(async () => {
    const { server } = await app.fleet.getServer({ name: 'web-1' });
    expect(server?.lastDisconnect).toBe(message);
  }, 10_000);
});
