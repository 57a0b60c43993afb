import type { OperationReport_State, OperationStart } from '@ostler/contracts';
import type { Command } from '../host/exec';

export type OperationCase = NonNullable<OperationStart['operation']['case']>;

/** How an operation ended, in its own words. */
export interface Outcome {
  readonly state: OperationReport_State.SUCCEEDED | OperationReport_State.FAILED;
  /** UPPER_SNAKE when it failed. */
  readonly reason?: string;
  readonly message: string;
  readonly exitCode?: number;
}

/** What an operation may do. Nothing else of the agent is reachable from one. */
export interface OperationContext {
  /** Aborted by a cancel, by the deadline, and when the agent stops. */
  readonly signal: AbortSignal;
  /** Appends to the output of the operation. */
  say(text: string): Promise<void>;
  progress(percent: number, message: string): void;
  /**
   * Runs a step as a unit that outlives the agent, its output with the operation's, and waits for its end. After
   * a restart the same call finds the unit that was started before; undefined: its exit code was lost.
   */
  unit(step: string, command: Command): Promise<number | undefined>;
  /** The same with output of its own, for what must be looked at before it is shown. */
  quietUnit(
    step: string,
    command: Command,
  ): Promise<{ readonly exitCode: number | undefined; readonly output: string }>;
}

export interface OperationKind {
  readonly case: OperationCase;
  /** Has no effect but its end, so that it is journalled once. */
  readonly instant?: true;
  /** The first step that changes something; after a crash its unit tells whether it was begun. */
  readonly firstStep?: string;
  /** Keeps a record of its own of how far it came: after a crash it is run again and goes on from there. */
  readonly resumes?: true;
  run(context: OperationContext, start: OperationStart): Promise<Outcome>;
}
