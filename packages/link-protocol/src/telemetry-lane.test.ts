import { create } from '@bufbuild/protobuf';
import {
  type TelemetryAcknowledgement,
  TelemetryAcknowledgementSchema,
  type TelemetryFrame,
  TelemetryFrameSchema,
} from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { AgentTelemetryLane, telemetryBytes, type TelemetrySpool } from './agent-telemetry-lane';
import { ControlPlaneTelemetryLane } from './control-plane-telemetry-lane';
import { MemoryLink } from './memory.fake';

type Link = MemoryLink<TelemetryFrame, TelemetryAcknowledgement>;

/** Keeps batches until they are acknowledged, as the agent's spool does. */
class MemorySpool implements TelemetrySpool {
  readonly frames: TelemetryFrame[] = [];

  constructor(count: number, bytes: number) {
    for (let index = 0; index < count; index++) this.add(index, bytes);
  }

  add(index: number, bytes: number): void {
    const value = { operationUid: 'operation', offset: BigInt(index * bytes), data: new Uint8Array(bytes) };
    const batch = { case: 'output' as const, value };
    this.frames.push(create(TelemetryFrameSchema, { sequence: BigInt(index + 1), batch }));
  }

  pendingTelemetry(after: bigint, mostBytes: number): TelemetryFrame[] {
    let bytes = 0;
    return this.frames.filter(
      (frame) => frame.sequence > after && (bytes += telemetryBytes(frame)) <= mostBytes,
    );
  }

  acknowledgeTelemetry(sequence: bigint): void {
    while (this.frames[0] && this.frames[0].sequence <= sequence) this.frames.shift();
  }
}

/** What the control plane has committed: each offset once, however often it comes. */
class MemoryTable {
  readonly offsets = new Set<bigint>();
  commits = 0;
  failures = 0;

  commit = async (frames: readonly TelemetryFrame[]): Promise<void> => {
    // As long as a few frames take to arrive.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (this.failures-- > 0) throw new Error('the database restarts');
    this.commits += 1;
    for (const { batch } of frames) if (batch.case === 'output') this.offsets.add(batch.value.offset);
  };
}

const WINDOW = 4096;

function connect(
  spool: TelemetrySpool,
  table: MemoryTable,
  clock = new FakeClock(),
  link: Link = new MemoryLink(),
) {
  const agent = new AgentTelemetryLane(link.agent, spool, { clock, windowBytes: WINDOW });
  const plane = new ControlPlaneTelemetryLane(link.controlPlane, table.commit, {
    clock,
    windowBytes: WINDOW,
  });
  return { agent, clock, link, ends: Promise.all([agent.run(), plane.run()]) };
}

test('the spool forgets what was committed, and nothing before', async () => {
  const spool = new MemorySpool(100, 500);
  const table = new MemoryTable();
  const { agent } = connect(spool, table);
  await vi.waitFor(() => expect(spool.frames).toEqual([]));
  expect(table.offsets.size).toBe(100);
  expect(table.commits).toBeLessThan(100);
  spool.add(100, 500);
  agent.poke();
  await vi.waitFor(() => expect(table.offsets.size).toBe(101));
});

test('never more than the window is on its way', async () => {
  let ahead = 0;
  let most = 0;
  const sizes = new Map<bigint, number>();
  const link: Link = new MemoryLink((direction, frame) => {
    if (direction === 'up') {
      sizes.set(frame.sequence, telemetryBytes(frame as TelemetryFrame));
      most = Math.max(most, (ahead += telemetryBytes(frame as TelemetryFrame)));
      return;
    }
    for (const [sequence, bytes] of sizes) {
      if (sequence > frame.sequence) continue;
      ahead -= bytes;
      sizes.delete(sequence);
    }
  });
  const spool = new MemorySpool(200, 700);
  connect(spool, new MemoryTable(), new FakeClock(), link);
  await vi.waitFor(() => expect(spool.frames).toEqual([]));
  expect(most).toBeGreaterThan(WINDOW / 2);
  expect(most).toBeLessThanOrEqual(WINDOW);
});

test('wherever connections are lost, each byte is stored once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(25), { maxLength: 8 }), async (cuts) => {
      const spool = new MemorySpool(20, 900);
      const table = new MemoryTable();
      for (const cut of [...cuts, Infinity]) {
        const link: Link = new MemoryLink<TelemetryFrame, TelemetryAcknowledgement>().cutAfter(cut);
        const { agent, ends } = connect(spool, table, new FakeClock(), link);
        let over = false;
        void ends.then(() => (over = true));
        await vi.waitFor(() => expect(over || spool.frames.length === 0).toBe(true), { interval: 1 });
        agent.stop();
        await ends;
      }
      expect([...table.offsets].sort((a, b) => Number(a - b))).toEqual(
        [...Array(20).keys()].map((n) => BigInt(n * 900)),
      );
    }),
    { numRuns: 40 },
  );
});

test('a database that is away for a while delays the acknowledgement and loses nothing', async () => {
  const spool = new MemorySpool(5, 100);
  const table = new MemoryTable();
  table.failures = 3;
  const { clock } = connect(spool, table);
  await vi.waitFor(async () => {
    await clock.advance(500);
    expect(spool.frames).toEqual([]);
  });
  expect(table.offsets.size).toBe(5);
});

test('without an acknowledgement for 25 s the peer is dead', async () => {
  const { clock, link, ends } = connect(new MemorySpool(1, 100), new MemoryTable());
  link.stall('down');
  await clock.advance(25_000);
  expect((await ends)[0]).toMatchObject({ reason: 'DEAD' });
});

test('with nothing to send for a minute the connection is let go', async () => {
  const { clock, ends } = connect(new MemorySpool(0, 0), new MemoryTable());
  await clock.advance(60_000);
  expect((await ends)[0].reason).toBe('STOPPED');
});

test('an agent whose sequence goes back, or that ignores the window, is cut off', async () => {
  const frame = (sequence: bigint, bytes: number) =>
    create(TelemetryFrameSchema, {
      sequence,
      batch: { case: 'output', value: { data: new Uint8Array(bytes) } },
    });
  for (const frames of [
    [frame(2n, 1), frame(1n, 1)],
    [1n, 2n, 3n, 4n].map((sequence) => frame(sequence, 65_536)),
  ]) {
    const link: Link = new MemoryLink();
    const never = () => new Promise<void>(() => undefined);
    const lane = new ControlPlaneTelemetryLane(link.controlPlane, never, {
      clock: new FakeClock(),
      windowBytes: WINDOW,
    });
    for (const sent of frames) link.agent.send(sent);
    expect((await lane.run()).reason).toBe('PROTOCOL');
  }
});

test('an acknowledgement of what was not sent is no acknowledgement', async () => {
  const link: Link = new MemoryLink();
  const spool = new MemorySpool(1, 10);
  const lane = new AgentTelemetryLane(link.agent, spool, { clock: new FakeClock() });
  const end = lane.run();
  link.controlPlane.send(create(TelemetryAcknowledgementSchema, { sequence: 9n }));
  expect((await end).reason).toBe('PROTOCOL');
  expect(spool.frames).toHaveLength(1);
});
