import { Server_State } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { ServerPulse } from './server-pulse';

const { CONNECTED, UNKNOWN, DOWN, JOINED } = Server_State;

test('a server that joined and never spoke is joined', () => {
  expect(new ServerPulse(undefined).state(1e9)).toBe(JOINED);
});

test('silence of 25 s is unknown, of 90 s down, and a frame brings it back', () => {
  const pulse = new ServerPulse(undefined);
  pulse.connected(0);
  pulse.frame(1000);
  expect([1000, 25_999, 26_000, 90_999, 91_000].map((nowMs) => pulse.state(nowMs))).toEqual([
    CONNECTED,
    CONNECTED,
    UNKNOWN,
    UNKNOWN,
    DOWN,
  ]);
  pulse.frame(92_000);
  expect(pulse.state(92_000)).toBe(CONNECTED);
});

test('a lane that is lost and comes back within 25 s changes nothing', () => {
  const pulse = new ServerPulse(undefined);
  pulse.connected(0);
  pulse.disconnected();
  expect(pulse.state(24_000)).toBe(CONNECTED);
  pulse.connected(24_000);
  expect(pulse.state(24_001)).toBe(CONNECTED);
});

test('after three reconnects within 5 min it stays unknown until it was stable for 60 s', () => {
  const pulse = new ServerPulse(undefined);
  for (const atMs of [0, 20_000, 40_000]) pulse.connected(atMs);
  expect(pulse.state(40_000)).toBe(CONNECTED);
  pulse.connected(60_000);
  expect(pulse.state(60_000)).toBe(UNKNOWN);
  for (let nowMs = 60_000; nowMs < 120_000; nowMs += 10_000) {
    pulse.frame(nowMs);
    expect(pulse.state(nowMs)).toBe(UNKNOWN);
  }
  pulse.frame(120_000);
  expect(pulse.state(120_000)).toBe(CONNECTED);
});

test('an agent that is started again and again in order is connected each time', () => {
  const pulse = new ServerPulse(undefined);
  for (let nowMs = 0; nowMs < 100_000; nowMs += 10_000) {
    pulse.connected(nowMs);
    expect(pulse.state(nowMs)).toBe(CONNECTED);
    pulse.disconnected(true);
  }
  expect(pulse.wasConnected).toBe(true);
});

test('reconnects that are spread over a long time are no flapping', () => {
  const pulse = new ServerPulse(undefined);
  for (let nowMs = 0; nowMs < 3_600_000; nowMs += 120_000) {
    pulse.connected(nowMs);
    expect(pulse.state(nowMs)).toBe(CONNECTED);
  }
});
