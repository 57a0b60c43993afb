import { vi } from 'vitest';

// Before every file of tests: what is waited for without a limit of its own has as long as a busy machine may need.
// vitest's own default of one second is over before a program is scheduled twice.

const PATIENCE_MS = 15_000;
const { waitFor } = vi;

vi.waitFor = (callback, options) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options });
