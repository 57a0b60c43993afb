import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Server_State, ServerSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { connectionSteps, type Seen } from './connection-steps';

const NOW = Date.UTC(2026, 2, 1);
const ago = (ms: number) => timestampFromMs(NOW - ms);
const MINUTE = 60_000;

type ServerInit = MessageInitShape<typeof ServerSchema>;

function seen(init: ServerInit = {}, more: Partial<Seen> = {}): Seen {
  const server = create(ServerSchema, {
    name: 'web-1',
    state: Server_State.CONNECTED,
    agentVersion: '0.1.0',
    joinedAt: ago(30 * 24 * 60 * MINUTE),
    lastSeenAt: ago(2000),
    certificateExpiresAt: timestampFromMs(NOW + 19 * 60 * MINUTE),
    revision: 3n,
    storedRevision: 3n,
    ...init,
  });
  const lane = { sinceMs: NOW - 5 * MINUTE, hasTelemetry: false, answer: { ms: 11.4 } };
  return { server, nowMs: NOW, agentAddress: 'cp.test:7444', revokedReason: '', lane, ...more };
}

const titles = (one: Seen) =>
  connectionSteps(one).steps.map(({ title, passed }) => `${passed ? '' : 'not '}${title}`);

test('a server that answers has passed every step, and the sentence says how fast', () => {
  expect(titles(seen())).toEqual([
    'Known here',
    'Trust',
    'Last word',
    'Control lane',
    'To the agent and back',
    'Telemetry lane',
    'Clock',
    'Manifest',
  ]);
  expect(connectionSteps(seen())).toMatchObject({
    reachable: true,
    message: 'The agent of web-1 answered in 11 ms.',
  });
});

test('without a lane it says when and why the last one ended, and where to look', () => {
  const down = seen(
    {
      state: Server_State.DOWN,
      lastSeenAt: ago(48 * MINUTE),
      lastDisconnect: 'The agent has been silent for too long.',
      lastDisconnectAt: ago(47 * MINUTE),
    },
    { lane: undefined },
  );
  expect(titles(down)).toEqual(['Known here', 'Trust', 'not Last word', 'not Control lane']);
  const { message, reachable, steps } = connectionSteps(down);
  expect(reachable).toBe(false);
  expect(message).toContain('The agent has been silent for too long.');
  expect(message).toContain('cp.test:7444');
  expect(steps[2]!.message).toContain('48 min ago');
});

test('one that joined and never came is told apart from one that went', () => {
  const joined = seen({ state: Server_State.JOINED, lastSeenAt: undefined }, { lane: undefined });
  expect(connectionSteps(joined).message).toContain('has joined and never came');
});

test('a revoked server is not tried further, and the way out is a token that replaces it', () => {
  const revoked = seen(
    { state: Server_State.REVOKED },
    { lane: undefined, revokedReason: 'its disk was sold' },
  );
  expect(titles(revoked)).toEqual(['Known here', 'not Trust', 'not Last word']);
  expect(connectionSteps(revoked).message).toContain('its disk was sold');
  expect(connectionSteps(revoked).message).toContain('--replaces web-1');
});

test('a held server is not reachable though its lane is open, and says how to decide', () => {
  const held = seen({ hold: { message: 'Its counter went back.' } });
  expect(connectionSteps(held)).toMatchObject({ reachable: false });
  expect(connectionSteps(held).message).toMatch(
    /^Its counter went back\. Decide: ostler servers hold decide/,
  );
});

test('an agent that does not answer on an open lane is to be restarted', () => {
  const lane = { sinceMs: NOW, hasTelemetry: true, answer: { failure: 'no answer came within 5 s.' } };
  const { reachable, message, steps } = connectionSteps(seen({}, { lane }));
  expect(reachable).toBe(false);
  expect(message).toContain('no answer came within 5 s. Restart it there');
  expect(steps.at(-1)).toMatchObject({ title: 'To the agent and back', passed: false });
});

test.each<[ServerInit, string, string]>([
  [{ clockSkewMs: 3n * 60n * 60_000n }, 'Clock', 'is 3 h ahead of ours'],
  [{ clockSkewMs: -90_000n }, 'Clock', 'is 1 min behind ours'],
  [{ revision: 4n }, 'Manifest', 'Revision 4 is wanted and 3 is stored'],
])('what is wrong beside the way is said and does not make it unreachable: %o', (init, title, text) => {
  const { steps, reachable, message } = connectionSteps(seen(init));
  expect(reachable).toBe(true);
  expect(steps.filter(({ passed }) => !passed)).toMatchObject([
    { title, message: expect.stringContaining(text) },
  ]);
  expect(message).toContain(text);
});

test('a certificate that has ended is no failure: the agent comes back by its key', () => {
  const ended = seen({ certificateExpiresAt: ago(2 * 24 * 60 * MINUTE) });
  expect(connectionSteps(ended).steps[1]).toMatchObject({
    passed: true,
    message: expect.stringContaining('ended 2 d ago'),
  });
});
