import { create } from '@bufbuild/protobuf';
import { type AgentFrame, type ControlPlaneFrame, HeldResourceSchema, Kind } from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import { expect, test, vi } from 'vitest';
import { AgentControlLane, type AgentControlLaneOptions } from './agent-control-lane';
import { ControlPlaneControlLane } from './control-plane-control-lane';
import { MemoryAgent, MemoryControlPlane } from './memory-ends.fake';
import { type Direction, MemoryLink } from './memory-link.fake';

const identity = { agentVersion: '1', featureLevel: 1, bootId: 'boot', instanceId: 'instance' };
const site = create(HeldResourceSchema, { uid: 'site', kind: Kind.SITE, name: 'shop', generation: 5n });

function connect(
  agent: MemoryAgent,
  plane: MemoryControlPlane,
  more: Pick<AgentControlLaneOptions, 'refusesEpoch'> & { cutAfter?: number } = {},
) {
  const clock = new FakeClock();
  const frames: [Direction, string | undefined][] = [];
  const link = new MemoryLink<AgentFrame, ControlPlaneFrame>((direction, frame) =>
    frames.push([direction, frame.frame.case]),
  ).cutAfter(more.cutAfter ?? Infinity);
  const up = new AgentControlLane(link.agent, agent, { clock, identity, refusesEpoch: more.refusesEpoch });
  const down = new ControlPlaneControlLane(link.controlPlane, plane, { clock });
  return { up, down, frames, ends: Promise.all([up.run(), down.run()]), link };
}

/** An agent that has followed epoch 1 up to this revision, and a control plane restored into epoch 7. */
async function afterRestore(revision = 9n) {
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  plane.manifest(revision, [new Uint8Array(10)]);
  const before = connect(agent, plane);
  await vi.waitFor(() => expect(plane.storedFence.revision).toBe(revision));
  before.link.cut();
  await before.ends;
  plane.epoch = 7n;
  return { agent, plane };
}

test('an agent of an earlier epoch says what it holds, then takes the manifest of the new one', async () => {
  const { agent, plane } = await afterRestore();
  agent.holds = [site];
  plane.manifest(2n, [new Uint8Array(12)]);
  const { frames } = connect(agent, plane);
  await vi.waitFor(() => expect(plane.storedFence).toMatchObject({ epoch: 7n, revision: 2n }));
  expect(plane.heldReports).toMatchObject([{ epoch: 1n, held: [{ uid: 'site', generation: 5n }] }]);
  const names = frames.map(([, name]) => name);
  expect(names.indexOf('heldReport')).toBeLessThan(names.indexOf('manifestStored'));
});

test('what it holds is told again until it was taken, wherever the lane is cut', async () => {
  for (let cutAfter = 1; cutAfter < 6; cutAfter++) {
    const { agent, plane } = await afterRestore();
    agent.holds = [site];
    plane.manifest(2n, [new Uint8Array(12)]);
    const cut = connect(agent, plane, { cutAfter });
    await cut.ends;
    const { ends, link } = connect(agent, plane);
    await vi.waitFor(() => expect(agent.stored.epoch).toBe(7n));
    expect(plane.heldReports.length).toBeGreaterThanOrEqual(1);
    link.cut();
    await ends;
  }
});

test('in the same epoch, and at its first lane, an agent holds nothing back and tells nothing', async () => {
  const { agent, plane } = await afterRestore();
  plane.epoch = 1n;
  plane.manifest(10n, [new Uint8Array(12)]);
  const { frames } = connect(agent, plane);
  await vi.waitFor(() => expect(plane.storedFence.revision).toBe(10n));
  expect(frames.map(([, name]) => name)).not.toContain('heldReport');
  expect(plane.heldReports).toEqual([]);
});

test('a control plane of a lower epoch is not followed', async () => {
  const { agent, plane } = await afterRestore();
  plane.manifest(1n, [new Uint8Array(12)]);
  const restored = connect(agent, plane);
  await vi.waitFor(() => expect(agent.stored.epoch).toBe(7n));
  restored.link.cut();
  await restored.ends;
  const old = new MemoryControlPlane();
  old.manifest(99n, [new Uint8Array(3)]);
  const [end] = await connect(agent, old).ends;
  expect(end).toMatchObject({ reason: 'PROTOCOL', welcomed: false });
  expect(end.message).toMatch(/follows epoch 7, .* is in epoch 1/);
  expect(agent.stored.epoch).toBe(7n);
});

test('a manifest of another epoch than the welcome’s is not taken: only a welcome is vouched for', async () => {
  const { agent, plane } = await afterRestore();
  plane.epoch = 1n;
  const { up, down, ends } = connect(agent, plane);
  await vi.waitFor(() => expect(up.running).toBe(true));
  plane.epoch = 9n;
  plane.manifest(99n, [new Uint8Array(4)]);
  down.pokeManifest();
  const [end] = await ends;
  expect(end.message).toMatch(/another epoch/);
  expect(agent.stored.epoch).toBe(1n);
});

test('an epoch that the authority does not vouch for is not followed, and nothing is told', async () => {
  const { agent, plane } = await afterRestore();
  agent.holds = [site];
  plane.manifest(2n, [new Uint8Array(12)]);
  const [end] = await connect(agent, plane, { refusesEpoch: () => 'nobody signed it' }).ends;
  expect(end).toMatchObject({ reason: 'PROTOCOL', message: 'nobody signed it' });
  expect(agent.stored.epoch).toBe(1n);
  expect(plane.heldReports).toEqual([]);
});
