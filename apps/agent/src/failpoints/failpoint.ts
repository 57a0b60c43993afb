import type { FailpointName } from './registry';

let armed: string | undefined;
let remaining = 0;

/**
 * Arms one point from `name` or `name:3` (the third visit). Called once at start from the configuration;
 * without it every `failpoint` is one comparison.
 */
export function armFailpoint(setting: string | undefined): void {
  const [name, visit] = (setting ?? '').split(':');
  armed = name === '' ? undefined : name;
  remaining = visit === undefined ? 1 : Number.parseInt(visit, 10);
}

/** Kills the process here, as a power cut would, when this point is armed. */
export function failpoint(name: FailpointName): void {
  if (armed !== name) return;
  remaining -= 1;
  if (remaining > 0) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal is delivered at once, but not before this call returns: nothing may run after it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
