import { AppError } from '@ostler/kernel';

import { FAILPOINTS, type FailpointName } from './registry';

let armed: FailpointName | undefined;

/**
 * Arms one point, once at start from the configuration; without it every `failpoint` is one comparison.
 *
 * @throws AppError INVALID for a name that is not registered: a test that arms it would prove nothing.
 */
export function armFailpoint(name: string | undefined): void {
  if (name !== undefined && !isRegistered(name)) {
    throw AppError.invalid('OSTLER_FAILPOINT', 'UNKNOWN', `${name} is no failpoint of the control plane`);
  }
  armed = name;
}

/** Kills the process here, as a power cut would, when this point is armed. */
export function failpoint(name: FailpointName): void {
  if (armed !== name) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal is delivered at once, but not before this call returns: nothing may run after it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function isRegistered(name: string): name is FailpointName {
  return Object.hasOwn(FAILPOINTS, name);
}
