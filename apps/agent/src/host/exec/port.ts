/** An absolute path to a binary; there is no search path and no shell. */
export type BinaryPath = `/${string}`;

export interface Command {
  readonly binary: BinaryPath;
  /** Passed as they are; operands come after `--` where the program knows it. */
  readonly args: readonly string[];
  readonly stdin?: Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingFolder?: string;
  /** Ends the whole process tree, first by SIGTERM, 2 s later by SIGKILL. */
  readonly timeoutMs: number;
  /** Output beyond this many bytes is dropped and said; default 1 MiB. */
  readonly mostOutputBytes?: number;
}

export interface Finished {
  /** Exit code; 128 + signal when a signal ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly truncated: boolean;
}

/** Short commands, as children of the agent. They die with it. */
export interface Exec {
  run(command: Command, signal?: AbortSignal): Promise<Finished>;
}

/** How a transient unit ended, or that it goes on. */
export type UnitState =
  | { readonly state: 'absent' }
  | { readonly state: 'running' }
  /** Without an exit code when it ended while nobody could see it (the fallback, across a restart). */
  | { readonly state: 'ended'; readonly exitCode?: number };

export interface UnitOptions {
  /** Extra properties for systemd, like `BindReadOnlyPaths=/a:/b`; ignored by the fallback. */
  readonly properties?: readonly string[];
  /** Where standard output and error go together; made with 0600 and appended to. */
  readonly outputPath: string;
}

/**
 * What must outlive the agent: a transient systemd unit named by its operation; a process group of the
 * agent's own supervision where PID 1 is not systemd (it does not outlive a reboot, and a restarted agent
 * finds it by its pid file and start time).
 */
export interface Units {
  /** True when systemd runs them: they are outside the agent's own sandbox. */
  readonly durable: boolean;
  /** Starting a unit that runs already adopts it. */
  start(name: string, command: Command, options: UnitOptions): Promise<void>;
  state(name: string): Promise<UnitState>;
  /** Names of those of operations that are there, running or ended. */
  list(): Promise<string[]>;
  /** Ends the whole process tree. */
  stop(name: string): Promise<void>;
  /** Forgets an ended unit. */
  release(name: string): Promise<void>;
}
