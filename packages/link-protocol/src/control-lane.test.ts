import { create } from '@bufbuild/protobuf';
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import {
  type AgentFrame,
  AgentFrameSchema,
  ChallengeServeSchema,
  type ControlPlaneFrame,
  ControlPlaneFrameSchema,
  HeartbeatSchema,
  OperationStartSchema,
  PlanRequestSchema,
} from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { AgentControlLane } from './agent-control-lane';
import { ControlPlaneControlLane, type ControlPlaneLaneOptions } from './control-plane-control-lane';
import { MemoryAgent, MemoryControlPlane, secretVersion } from './memory-ends.fake';
import { type Direction, MemoryLink } from './memory-link.fake';
import { laneTiming } from './timing';

const identity = { agentVersion: '1', featureLevel: 1, bootId: 'boot', instanceId: 'instance' };

function connect(
  agent: MemoryAgent,
  plane: MemoryControlPlane,
  clock = new FakeClock(),
  cutAfter = Infinity,
  more: Pick<ControlPlaneLaneOptions, 'isPassing' | 'warn'> = {},
) {
  const frames: [Direction, string | undefined][] = [];
  const link = new MemoryLink<AgentFrame, ControlPlaneFrame>((direction, frame) =>
    frames.push([direction, frame.frame.case]),
  ).cutAfter(cutAfter);
  const up = new AgentControlLane(link.agent, agent, { clock, identity });
  const down = new ControlPlaneControlLane(link.controlPlane, plane, { clock, ...more });
  agent.poke = () => up.pokeStatus();
  const ends = Promise.all([up.run(), down.run()]);
  return { link, up, down, ends, frames, clock };
}

const bodiesOf = (count: number, bytes: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => new Uint8Array(bytes).fill(index + 1));

test('an agent takes the manifest, its bodies and its secrets, and is told what is durable', async () => {
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  plane.manifest(1n, bodiesOf(9, 900_000));
  agent.wantedSecrets = Array.from({ length: 20 }, (_, index) => secretVersion(`secret-${index}`));
  agent.report('uid-0', 1n);
  connect(agent, plane);
  await vi.waitFor(() => expect(agent.secrets.size).toBe(20));
  await vi.waitFor(() => expect(plane.storedFence).toEqual(plane.latest!.fence));
  await vi.waitFor(() => expect(agent.pending).toEqual([]));
  const contents = [...agent.bodies.values()].map((body) => Buffer.from(body));
  expect(bodiesOf(9, 900_000).every((body, index) => contents[index]?.equals(body))).toBe(true);
  expect(plane.statuses.get('uid-0')).toBe(1n);
});

test.each([
  ['is right', 0],
  ['is a day ahead', 86_400_000],
  ['is a day behind', -86_400_000],
])('a deadline means the same time for an agent whose clock %s', async (_which, skewMs) => {
  const theirs = new FakeClock();
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  const link = new MemoryLink<AgentFrame, ControlPlaneFrame>();
  const up = new AgentControlLane(link.agent, agent, { clock: theirs, identity, skewMs: () => skewMs });
  const down = new ControlPlaneControlLane(link.controlPlane, plane, { clock: theirs });
  void Promise.all([up.run(), down.run()]);
  await vi.waitFor(() => expect(up.running).toBe(true));
  const deadlines: (number | undefined)[] = [];
  agent.startOperation = ({ deadline }) => {
    deadlines.push(deadline && timestampMs(deadline));
    return Promise.resolve();
  };
  agent.serveChallenge = ({ expiresAt }) => {
    deadlines.push(expiresAt && timestampMs(expiresAt));
    return Promise.resolve();
  };
  const deadline = timestampFromMs(theirs.now() + 60_000);
  const operation = { case: 'noop' as const, value: {} };
  down.startOperation(create(OperationStartSchema, { uid: 'u', deadline, operation }));
  void down.serveChallenge(create(ChallengeServeSchema, { requestId: 'r', expiresAt: deadline }), 1000);
  await vi.waitFor(() => expect(deadlines).toHaveLength(2));
  expect(deadlines).toEqual([0, 0].map(() => theirs.now() + 60_000 + skewMs));
  down.startOperation(create(OperationStartSchema, { uid: 'v', operation }));
  await vi.waitFor(() => expect(deadlines).toHaveLength(3));
  expect(deadlines[2]).toBeUndefined();
  up.stop();
});

test('an index that is larger than a frame travels like a body', async () => {
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  plane.manifest(1n, bodiesOf(1, 10));
  plane.manifest(
    2n,
    [...Array(4800).keys()].map((number) => new Uint8Array(Buffer.from(`body ${number}`))),
  );
  expect(plane.latest!.index.length).toBeGreaterThan(256 * 1024);
  connect(agent, plane);
  await vi.waitFor(() => expect(agent.stored).toEqual(plane.latest!.fence));
  expect(agent.bodies.size).toBe(4800);
});

test('what is stored already is not offered and its bodies are not sent again', async () => {
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  plane.manifest(1n, bodiesOf(2, 100));
  const first = connect(agent, plane);
  await vi.waitFor(() => expect(plane.storedFence.revision).toBe(1n));
  first.link.cut();
  await first.ends;
  const second = connect(agent, plane);
  await vi.waitFor(() => expect(second.down.running).toBe(true));
  plane.manifest(2n, bodiesOf(3, 100));
  second.down.pokeManifest();
  await vi.waitFor(() => expect(plane.storedFence.revision).toBe(2n));
  expect(plane.served).toBe(3);
  expect(second.frames.filter(([, name]) => name === 'manifestOffer')).toHaveLength(1);
});

test('an older manifest, and the same numbers with other bytes, are refused', async () => {
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  plane.manifest(5n, bodiesOf(1, 10));
  const { down } = connect(agent, plane);
  await vi.waitFor(() => expect(plane.storedFence.revision).toBe(5n));
  const stored = agent.stored;
  plane.manifest(4n, bodiesOf(1, 11));
  down.pokeManifest();
  await vi.waitFor(() => expect(plane.refusals).toHaveLength(1));
  plane.manifest(5n, bodiesOf(2, 12));
  down.pokeManifest();
  await vi.waitFor(() => expect(plane.refusals).toHaveLength(2));
  expect(plane.refusals.map((refusal) => refusal.reason)).toEqual(['FENCED', 'FENCED']);
  expect(agent.stored).toEqual(stored);
});

test('bodies with other bytes than their hash are refused and not kept', async () => {
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  plane.manifest(1n, bodiesOf(1, 10));
  for (const key of plane.bodies.keys()) plane.bodies.set(key, new Uint8Array(10).fill(99));
  connect(agent, plane);
  await vi.waitFor(() => expect(plane.refusals[0]?.reason).toBe('INVALID'));
  expect(agent.bodies.size).toBe(0);
  expect(agent.stored.revision).toBe(0n);
});

test('never more bytes of pieces are on their way than the credit, and none into a full transport', async () => {
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  plane.manifest(1n, bodiesOf(12, 1_000_000));
  let granted = 0;
  let sent = 0;
  let mostAhead = 0;
  const link = new MemoryLink<AgentFrame, ControlPlaneFrame>((_, { frame }) => {
    if (frame.case === 'needBodies') granted += frame.value.creditBytes;
    if (frame.case === 'bodyPiece')
      mostAhead = Math.max(mostAhead, (sent += frame.value.data.length) - granted);
  });
  const clock = new FakeClock();
  void new ControlPlaneControlLane(link.controlPlane, plane, { clock }).run();
  void new AgentControlLane(link.agent, agent, { clock, identity }).run();
  await vi.waitFor(() => expect(sent).toBeGreaterThan(0));
  link.fill('down');
  await clock.advance(0);
  const whenFull = sent;
  await clock.advance(1);
  expect(sent - whenFull).toBeLessThanOrEqual(256 * 1024);
  link.fill('down', false);
  await vi.waitFor(() => expect(agent.stored.revision).toBe(1n));
  expect(mostAhead).toBeLessThanOrEqual(0);
});

test('wherever connections are lost, everything arrives and each effect happens once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 6 }), async (cuts) => {
      await survives(cuts);
    }),
    { numRuns: 60 },
  );
});

test('a connection lost at any one frame loses nothing', async () => {
  for (let cut = 0; cut <= 45; cut++) await survives([cut]);
});

/** Runs lane after lane, each lost after so many frames, the last one never. */
async function survives(cuts: readonly number[]): Promise<void> {
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  plane.manifest(1n, bodiesOf(6, 300_000));
  agent.wantedSecrets = [secretVersion('secret')];
  plane.started.add('operation-1').add('operation-2');
  agent.report('uid-1', 1n);
  for (const [index, cut] of [...cuts, Infinity].entries()) {
    agent.report('uid-2', BigInt(index));
    const { up, down, ends } = connect(agent, plane, new FakeClock(), cut);
    let over = false;
    void ends.then(() => (over = true));
    await vi.waitFor(() => expect(down.running || over).toBe(true), { interval: 1 });
    for (const uid of plane.started) {
      down.startOperation(create(OperationStartSchema, { uid, operation: { case: 'noop', value: {} } }));
    }
    if (cut !== Infinity) {
      // A lane that has nothing left to say is not cut by its frames.
      await vi.waitFor(() => expect(over || isDone(agent, plane)).toBe(true), { interval: 1 });
    } else {
      await vi.waitFor(() => expect(isDone(agent, plane)).toBe(true), { interval: 1, timeout: 15_000 });
    }
    up.stop();
    await ends;
  }
  expect([...agent.effects.values()]).toEqual([1, 1]);
  expect(plane.statuses.get('uid-2')).toBe(BigInt(cuts.length));
}

function isDone(agent: MemoryAgent, plane: MemoryControlPlane): boolean {
  return (
    plane.storedFence.revision === 1n &&
    agent.secrets.size === 1 &&
    agent.pending.length === 0 &&
    plane.started.size === 0 &&
    agent.operations.size === 0
  );
}

test('heartbeats are sent only when nothing else was, and keep the lane alive', async () => {
  const { clock, frames, up, down } = connect(new MemoryAgent(), new MemoryControlPlane());
  await clock.advance(0);
  await vi.waitFor(() => expect(up.running).toBe(true));
  await clock.advance(9_999);
  expect(frames.filter(([, name]) => name === 'heartbeat')).toEqual([]);
  await clock.advance(90_000);
  const beats = (direction: Direction) =>
    frames.filter((frame) => frame.join() === `${direction},heartbeat`).length;
  expect([beats('up'), beats('down')]).toEqual([9, 9]);
  expect([up.running, down.running]).toEqual([true, true]);
});

test.each(['up', 'down'] as const)(
  'when %s stops forwarding, the end that hears nothing finds it within 25 s',
  async (way) => {
    const { clock, link, ends, up, down } = connect(new MemoryAgent(), new MemoryControlPlane());
    await clock.advance(0);
    await vi.waitFor(() => expect(up.running && down.running).toBe(true));
    link.stall(way);
    await clock.advance(laneTiming.deadAfterMs - 1);
    expect([up.running, down.running]).toEqual([true, true]);
    await clock.advance(1);
    const [agentEnd, planeEnd] = await ends;
    expect([agentEnd.reason, planeEnd.reason]).toEqual(way === 'up' ? ['LOST', 'DEAD'] : ['DEAD', 'LOST']);
  },
);

test('the moments are those of the contract', () => {
  expect(laneTiming).toEqual({ heartbeatIntervalMs: 10_000, deadAfterMs: 25_000, greetingMs: 10_000 });
});

test('a status report is written again while the database is away, and acknowledged once it is back', async () => {
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  plane.failures = 4;
  agent.report('uid-0', 3n);
  const { clock, down } = connect(agent, plane);
  await vi.waitFor(async () => {
    await clock.advance(500);
    expect(agent.pending).toEqual([]);
  });
  expect(plane.statuses.get('uid-0')).toBe(3n);
  expect(down.running).toBe(true);
});

test('a status report that can never be written holds nothing up, is not acknowledged, and is told', async () => {
  const agent = new MemoryAgent();
  const plane = new MemoryControlPlane();
  plane.failures = Infinity;
  agent.report('uid-0', 3n);
  const told: string[] = [];
  const warn = (line: string): void => void told.push(line);
  const { clock, down } = connect(agent, plane, undefined, undefined, { isPassing: () => false, warn });
  await vi.waitFor(async () => {
    await clock.advance(500);
    expect(told).toEqual(['A status report cannot be written and is left out.']);
  });
  expect(agent.pending).not.toEqual([]);
  expect(down.running).toBe(true);
});

test('an agent that says anything before hello, or hello twice, is sent away', async () => {
  const heartbeat = create(AgentFrameSchema, {
    frame: { case: 'heartbeat', value: create(HeartbeatSchema) },
  });
  const hello = create(AgentFrameSchema, { frame: { case: 'hello', value: {} as never } });
  for (const frames of [[heartbeat], [hello, hello]]) {
    const link = new MemoryLink<AgentFrame, ControlPlaneFrame>();
    const lane = new ControlPlaneControlLane(link.controlPlane, new MemoryControlPlane(), {
      clock: new FakeClock(),
    });
    const told: (string | undefined)[] = [];
    link.agent.listen({
      frame: ({ frame }) => told.push(frame.case === 'goAway' ? frame.value.reason : frame.case),
      drained: () => undefined,
      ended: () => undefined,
    });
    const end = lane.run();
    for (const frame of frames) link.agent.send(frame);
    expect((await end).goAway?.reason).toBe('PROTOCOL');
    await vi.waitFor(() => expect(told.at(-1)).toBe('PROTOCOL'));
  }
});

test('a lane that never says hello is ended', async () => {
  const clock = new FakeClock();
  const link = new MemoryLink<AgentFrame, ControlPlaneFrame>();
  const end = new ControlPlaneControlLane(link.controlPlane, new MemoryControlPlane(), { clock }).run();
  await clock.advance(laneTiming.greetingMs);
  expect((await end).message).toContain('no hello');
});

test('a control plane that speaks before its welcome is left', async () => {
  const link = new MemoryLink<AgentFrame, ControlPlaneFrame>();
  const end = new AgentControlLane(link.agent, new MemoryAgent(), { clock: new FakeClock(), identity }).run();
  link.controlPlane.send(
    create(ControlPlaneFrameSchema, { frame: { case: 'operationCancel', value: {} as never } }),
  );
  expect((await end).reason).toBe('PROTOCOL');
});

test('a go-away reaches the agent with its delay', async () => {
  const { down, up, ends } = connect(new MemoryAgent(), new MemoryControlPlane());
  await vi.waitFor(() => expect(up.running).toBe(true));
  down.goAway('OVERLOADED', 'come back later', 4000);
  const [agentEnd] = await ends;
  expect(agentEnd).toMatchObject({
    reason: 'GO_AWAY',
    goAway: { reason: 'OVERLOADED', retryAfterMs: 4000 },
    welcomed: true,
  });
});

test('a plan is answered, times out, and fails when the lane ends', async () => {
  const agent = new MemoryAgent();
  const { clock, up, down, link } = connect(agent, new MemoryControlPlane());
  await vi.waitFor(() => expect(up.running && down.running).toBe(true));
  const request = create(PlanRequestSchema, { planId: 'plan' });
  await expect(down.plan(request, 3000)).resolves.toMatchObject({ planId: 'plan', message: 'planned' });
  agent.plan = () => new Promise(() => undefined);
  const late = expect(down.plan(request, 3000)).rejects.toThrow('did not answer within 3000 ms');
  await clock.advance(3000);
  await late;
  const lost = expect(down.plan(request, 3000)).rejects.toThrow('ended before it answered');
  await clock.advance(0);
  link.cut();
  await lost;
});
