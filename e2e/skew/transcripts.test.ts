import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type AgentFrame,
  AgentFrameSchema,
  type ControlPlaneFrame,
  ControlPlaneFrameSchema,
  OperationStartSchema,
  SecretValueSchema,
} from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import { expect, test, vi } from 'vitest';

import { AgentControlLane, ControlPlaneControlLane } from '../../packages/link-protocol/src';
import { MemoryAgent, MemoryControlPlane, MemoryLink } from '../../packages/link-protocol/src/memory.fake';
import { readTranscript, type RecordedFrame } from './transcripts';

// What past versions said on a control lane, against the lanes of today.

const VERSIONS = ['0.1.0'];
const OPERATION = '019a0000-0000-7000-8000-0000000000a1';

test.each(VERSIONS)('every frame of %s is read and written as it was', (version) => {
  for (const { direction, frame, bytes } of readTranscript(version)) {
    const schema = direction === 'up' ? AgentFrameSchema : ControlPlaneFrameSchema;
    const read = fromBinary<typeof AgentFrameSchema | typeof ControlPlaneFrameSchema>(schema, bytes);
    expect(read.frame.case).toBe(frame);
    expect(read.$unknown ?? []).toEqual([]);
    expect(Buffer.from(toBinary(schema, read as never)).equals(bytes), frame).toBe(true);
  }
});

/** Says what the recorded side said, each frame when the other side has said all that came before it. */
async function replay(
  transcript: readonly RecordedFrame[],
  side: 'up' | 'down',
  said: readonly string[],
  say: (bytes: Buffer) => void,
): Promise<void> {
  const expected: string[] = [];
  for (const { direction, frame, bytes } of transcript) {
    if (direction === side) say(bytes);
    else expected.push(frame);
    await vi.waitFor(() => expect(said).toEqual(expect.arrayContaining(expected)));
  }
}

test.each(VERSIONS)('an agent of %s is served by the control plane of today', async (version) => {
  const said: string[] = [];
  const link = new MemoryLink<AgentFrame, ControlPlaneFrame>((direction, frame) => {
    if (direction === 'down') said.push(frame.frame.case!);
  });
  const plane = new MemoryControlPlane();
  plane.manifest(1n, [new Uint8Array(40).fill(1), new Uint8Array(50).fill(2)]);
  plane.secrets = (wanted) =>
    Promise.resolve(
      wanted.map(({ uid, version: number }) => create(SecretValueSchema, { uid, version: number })),
    );
  const lane = new ControlPlaneControlLane(link.controlPlane, plane, { clock: new FakeClock() });
  void lane.run();
  link.agent.listen({ frame: () => undefined, drained: () => undefined, ended: () => undefined });
  const transcript = readTranscript(version);
  const started = transcript.findIndex(({ frame }) => frame === 'operationStart');
  const ends = transcript.findIndex(({ frame }) => frame === 'goAway');
  const say = (bytes: Buffer): void => void link.agent.send(fromBinary(AgentFrameSchema, bytes));
  await replay(transcript.slice(0, started), 'up', said, say);
  lane.startOperation(
    create(OperationStartSchema, { uid: OPERATION, operation: { case: 'noop', value: {} } }),
  );
  await replay(transcript.slice(started, ends), 'up', said, say);
  expect(plane.storedFence.revision).toBe(1n);
  expect(plane.statuses.get('uid-0')).toBe(1n);
  expect(plane.ended.get(OPERATION)).toBe(1);
});

test.each(VERSIONS)('an agent of today is served by a control plane of %s', async (version) => {
  const said: string[] = [];
  const link = new MemoryLink<AgentFrame, ControlPlaneFrame>((direction, frame) => {
    if (direction === 'up') said.push(frame.frame.case!);
  });
  const agent = new MemoryAgent();
  agent.wantedSecrets = [{ uid: 's', version: 1 } as never];
  const identity = { agentVersion: 'today', featureLevel: 1, bootId: 'boot', instanceId: 'instance' };
  const lane = new AgentControlLane(link.agent, agent, { clock: new FakeClock(), identity });
  agent.poke = () => {
    lane.pokeStatus();
    lane.pokeOperations();
  };
  const end = lane.run();
  link.controlPlane.listen({ frame: () => undefined, drained: () => undefined, ended: () => undefined });
  const transcript = readTranscript(version);
  const reports = transcript.findIndex(({ frame }) => frame === 'statusReport');
  const say = (bytes: Buffer): void =>
    void link.controlPlane.send(fromBinary(ControlPlaneFrameSchema, bytes));
  await replay(transcript.slice(0, reports), 'down', said, say);
  agent.report('uid-0', 1n);
  await replay(transcript.slice(reports), 'down', said, say);
  expect(agent.stored.revision).toBe(1n);
  expect([...agent.secrets.keys()]).toEqual(['s']);
  expect(agent.effects.get(OPERATION)).toBe(1);
  expect(await end).toMatchObject({ reason: 'GO_AWAY', goAway: { reason: 'RESTARTING' } });
});
