import type { Command, Exec, Finished, UnitOptions, Units, UnitState } from './port';

export type Answer =
  | Partial<Finished>
  | ((command: Command) => Partial<Finished> | Promise<Partial<Finished>>);

/** Programs by their path. One that is not there fails like a missing binary. */
export class FakeExec implements Exec {
  constructor(private readonly programs: Record<string, Answer> = {}) {}

  install(binary: string, answer: Answer): void {
    this.programs[binary] = answer;
  }

  async run(command: Command, signal?: AbortSignal): Promise<Finished> {
    signal?.throwIfAborted();
    const answer = this.programs[command.binary];
    if (!answer) throw new Error(`${command.binary} could not be started: ENOENT.`);
    const finished = typeof answer === 'function' ? await answer(command) : answer;
    return { exitCode: 0, stdout: '', stderr: '', timedOut: false, truncated: false, ...finished };
  }
}

/** Units that end when the test says so, and that outlive the fake agent as real ones do. */
export class FakeUnits implements Units {
  readonly durable = true;
  readonly units = new Map<
    string,
    { readonly command: Command; readonly options: UnitOptions; state: UnitState }
  >();

  /** `started` is told of each start: it may write output and call `end`. */
  constructor(
    private readonly started: (name: string, command: Command, options: UnitOptions) => void = () =>
      undefined,
  ) {}

  async start(name: string, command: Command, options: UnitOptions): Promise<void> {
    if (this.units.has(name)) return;
    this.units.set(name, { command, options, state: { state: 'running' } });
    this.started(name, command, options);
  }

  end(name: string, exitCode?: number): void {
    const unit = this.units.get(name);
    if (unit) unit.state = { state: 'ended', exitCode };
  }

  /** A reboot: nothing of them is left. */
  lose(): void {
    this.units.clear();
  }

  async state(name: string): Promise<UnitState> {
    return this.units.get(name)?.state ?? { state: 'absent' };
  }

  async list(): Promise<string[]> {
    return [...this.units.keys()];
  }

  async stop(name: string): Promise<void> {
    if (this.units.get(name)?.state.state === 'running') this.end(name, 143);
  }

  async release(name: string): Promise<void> {
    this.units.delete(name);
  }
}
