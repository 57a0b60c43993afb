import { Server_State } from '@ostler/contracts';
import { laneTiming, type LaneTiming } from '@ostler/link-protocol';
import { TcpProxy } from '@ostler/test-kit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { UNKNOWN_AFTER_MS } from '../fleet/server-pulse';
import { ConnectedAgents } from './connected-agents';
import { AgentFeatures } from './features';
import { LanesRpc } from './lanes.rpc';
import { connectAgent, type LinkApp, startLinkApp, type TestIdentity } from './start-link-app.fixture';

/** The real moments divided by 8: long enough that a busy machine's pauses are no silence. */
const timing: LaneTiming = { heartbeatIntervalMs: 1250, deadAfterMs: 3125, greetingMs: 1250 };
let app: LinkApp;
let identity: TestIdentity;

beforeAll(async () => {
  app = await startLinkApp();
  app.app.get(LanesRpc).timing = timing;
  identity = await app.join('cut-off');
});
afterAll(() => app.close());

const soon = { timeout: 30_000, interval: 20 };

test('the moments keep their proportion to the real ones', () => {
  expect(laneTiming.deadAfterMs / laneTiming.heartbeatIntervalMs).toBe(
    timing.deadAfterMs / timing.heartbeatIntervalMs,
  );
  expect([laneTiming.deadAfterMs, UNKNOWN_AFTER_MS]).toEqual([25_000, 25_000]);
});

test.concurrent.each([
  ['both ways', ['up', 'down'], ['DEAD', 'DEAD']],
  ['towards the control plane', ['up'], ['LOST', 'DEAD']],
  ['towards the agent', ['down'], ['DEAD', 'LOST']],
] as const)('when nothing is forwarded %s, both ends find it in time', async (way, stopped, [ofAgent]) => {
  await using proxy = await TcpProxy.to(app.agentPort);
  const agents = app.app.get(ConnectedAgents);
  const partitioned = await app.join(`cut-off-${way.replaceAll(' ', '-')}`);
  const { lane, end } = connectAgent(proxy.port, partitioned);
  await vi.waitFor(() => expect(lane.running && agents.get(partitioned.serverUid)).toBeTruthy(), soon);
  // It stays as long as heartbeats pass.
  await new Promise((resolve) => setTimeout(resolve, 2 * timing.deadAfterMs));
  expect(lane.running).toBe(true);
  const began = performance.now();
  proxy.stop(...stopped);
  await vi.waitFor(() => expect(agents.get(partitioned.serverUid)).toBeUndefined(), soon);
  // The slower end hears of it by its own silence, or by the end that the other one made.
  const { reason } = await end;
  expect(['DEAD', 'LOST', ofAgent]).toContain(reason);
  expect(performance.now() - began).toBeLessThan(2 * timing.deadAfterMs + 500);
});

test('after a partition the agent is back with the next connection, and seconds of it are no news', async () => {
  await using proxy = await TcpProxy.to(app.agentPort);
  const first = connectAgent(proxy.port, identity);
  await vi.waitFor(() => expect(first.lane.running).toBe(true), soon);
  proxy.stop('up', 'down');
  await first.end;
  proxy.heal();
  const second = connectAgent(proxy.port, identity);
  await vi.waitFor(() => expect(second.lane.running).toBe(true), soon);
  const { server } = await app.fleet.getServer({ name: 'cut-off' });
  expect([Server_State.CONNECTED, Server_State.UNKNOWN]).toContain(server!.state);
  second.close();
  await second.end;
});

test('an agent that ends its lane in order is told apart from one that is cut off', async () => {
  const restarted = await app.join('restarted');
  const ends: (boolean | undefined)[] = [];
  app.app.get(AgentFeatures).pulse.push({
    connected: () => undefined,
    frame: () => undefined,
    disconnected: (uid, _why, inOrder) => void (uid === restarted.serverUid && ends.push(inOrder)),
  });
  const stopped = connectAgent(app.agentPort, restarted);
  await vi.waitFor(() => expect(stopped.lane.running).toBe(true), soon);
  stopped.lane.stop();
  await vi.waitFor(() => expect(ends).toEqual([true]), soon);
  await using proxy = await TcpProxy.to(app.agentPort);
  const cut = connectAgent(proxy.port, restarted);
  await vi.waitFor(() => expect(cut.lane.running).toBe(true), soon);
  proxy.cut();
  await vi.waitFor(() => expect(ends).toEqual([true, false]), soon);
});
