import { TelemetryFrameSchema } from '@ostler/contracts';
import { create } from '@bufbuild/protobuf';
import { systemClock } from '@ostler/kernel';
import { expect, test, vi } from 'vitest';
import { createJsonLog } from '../telemetry';
import { ControlConnection, type ControlConnectionOptions } from './control-connection';
import type { Dialer } from './dialer';
import { TelemetryConnection } from './telemetry-connection';

const clock = systemClock;
const log = createJsonLog({ clock, level: 'error', write: () => undefined });

/** A control plane that is not there. */
function nobody() {
  const open = vi.fn<() => never>(() => {
    throw new Error('nobody is there');
  });
  return { open, dialer: { open } as unknown as Dialer };
}

test('what waits to be sent is no reason to dial before a control plane has told how much it takes', async () => {
  const { open, dialer } = nobody();
  const frame = create(TelemetryFrameSchema, { sequence: 1n });
  const spool = { pendingTelemetry: () => [frame], telemetryDurable: () => undefined };
  const telemetry = new TelemetryConnection({ spool: spool as never, dialer, clock, log });
  const stopping = new AbortController();
  const running = telemetry.run(stopping.signal);
  telemetry.poke();
  await new Promise(setImmediate);
  expect(open).not.toHaveBeenCalled();
  telemetry.windowBytes = 65_536;
  telemetry.poke();
  await expect(running).rejects.toThrow('nobody is there');
  stopping.abort();
});

test('a control lane that ended, and each that could not begin, are said to have ended', async () => {
  const { open, dialer } = nobody();
  const stopping = new AbortController();
  let ends = 0;
  const ended = (): void => {
    ends += 1;
    if (ends === 2) stopping.abort();
  };
  const prepare = (): Promise<void> => Promise.resolve();
  const options = { dialer, clock, log, prepare, ended, hasTwoKeys: () => Promise.resolve(false) };
  await new ControlConnection(options as unknown as ControlConnectionOptions).run(stopping.signal);
  expect(ends).toBe(2);
  expect(open).toHaveBeenCalledTimes(2);
});
