import { Code, ConnectError } from '@connectrpc/connect';
import { idleLiveState, type LivePhase } from '@ostler/sdk';
import { FakeClock } from '@ostler/test-kit';
import { expect, test } from 'vitest';
import { HubClient, type HubPort } from './hub-client';
import type { FromTab, ToTab } from './hub-messages';

/** A hub that the test speaks for: each port that a tab opened, and what it was told. */
function start() {
  const ports: { said: FromTab[]; tell: (message: ToTab) => void; isClosed: boolean }[] = [];
  const connect = (): HubPort => {
    const opened = { said: [] as FromTab[], tell: (_: ToTab) => undefined as void, isClosed: false };
    const port: HubPort = {
      postMessage: (message: unknown) => void opened.said.push(message as FromTab),
      onmessage: null,
      close: () => void (opened.isClosed = true),
    };
    opened.tell = (message) => port.onmessage?.call(port as never, { data: message } as never);
    ports.push(opened);
    return port;
  };
  const clock = new FakeClock();
  const client = new HubClient(connect, 'lock', clock);
  const phases: LivePhase[] = [];
  const watch = client.watch({
    who: 'ada',
    onBegin: () => undefined,
    onEvent: () => undefined,
    onState: ({ phase }) => phases.push(phase),
  });
  return { ports, clock, client, phases, watch };
}

const live: ToTab = { kind: 'state', state: { ...idleLiveState, phase: 'live', lastEventAt: 5 } };

test('a hub that is silent for too long is replaced, and its streams end as cut', async () => {
  const { ports, clock, client, phases } = start();
  const stream = client.open('a/B', new Uint8Array(), new AbortController().signal);
  const reading = stream.next().catch((error: unknown) => ConnectError.from(error).code);
  ports[0]!.tell(live);
  await clock.advance(39_999);
  expect(phases).toEqual(['live']);
  await clock.advance(1);
  expect([phases, ports.length, ports[0]!.isClosed]).toEqual([['live', 'stale'], 2, true]);
  expect(ports[1]!.said).toEqual([{ kind: 'join', who: 'ada', lock: 'lock' }]);
  expect(await reading).toBe(Code.Unavailable);
  // What the old one still says is nothing to anybody.
  ports[0]!.tell(live);
  expect(phases.at(-1)).toBe('stale');
});

test('a hub that speaks is kept', async () => {
  const { ports, clock } = start();
  for (let beat = 0; beat < 20; beat++) {
    await clock.advance(10_000);
    ports[0]!.tell(live);
  }
  expect(ports).toHaveLength(1);
});

test('a page that is put aside leaves, and joins again when it is taken out', () => {
  const { ports, client, watch } = start();
  client.putAside(true);
  client.putAside(false);
  expect(ports[0]!.said.map(({ kind }) => kind)).toEqual(['join', 'leave', 'join']);
  watch.stop();
  client.putAside(false);
  expect(ports[0]!.said.map(({ kind }) => kind)).toEqual(['join', 'leave', 'join', 'leave']);
});
