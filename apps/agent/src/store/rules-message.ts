import type { Violation } from '@ostler/kernel';

/** What goes to the thread with the rules. */
export interface RulesQuestion {
  readonly id: number;
  readonly body: Uint8Array;
}

/** What comes back; `error` when the rules themselves failed. */
export interface RulesAnswer {
  readonly id: number;
  readonly violations: readonly Violation[];
  readonly error?: string;
}
