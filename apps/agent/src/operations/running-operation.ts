import { pause, type Clock } from '@ostler/kernel';
import type { Command, Units } from '../host/exec';
import type { Files } from '../host/fs';
import type { OperationContext } from './operation.port';

const LOOK_FIRST_MS = 20;
const LOOK_MOST_MS = 500;
const MOST_QUIET_OUTPUT_BYTES = 8 * 1024 * 1024;

export interface RunningOperationDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly units: Units;
  readonly outputPath: string;
  readonly report: (percent: number, message: string) => void;
  /** There may be new output. */
  readonly wrote: () => void;
}

/** A unit is gone without having ended: the server was restarted, or somebody removed it. */
export class UnitLost extends Error {
  override readonly name = 'UnitLost';
}

export function unitName(uid: string, step: string): string {
  return `ostler-op-${uid}-${step}.service`;
}

/** What one operation is given while it runs. */
export class RunningOperation implements OperationContext {
  private readonly abort = new AbortController();
  private readonly steps = new Set<string>();
  readonly signal = this.abort.signal;

  constructor(
    private readonly uid: string,
    private readonly deps: RunningOperationDeps,
  ) {}

  /** Ends what runs, its whole tree; `detached` leaves the unit to the next agent. */
  end(why: 'cancelled' | 'expired' | 'detached'): void {
    this.abort.abort(why);
  }

  async say(text: string): Promise<void> {
    await this.deps.files.append(this.deps.outputPath, Buffer.from(text), { mode: 0o600 });
    this.deps.wrote();
  }

  progress(percent: number, message: string): void {
    this.deps.report(percent, message);
  }

  unit(step: string, command: Command): Promise<number | undefined> {
    return this.runUnit(step, command, this.deps.outputPath);
  }

  async quietUnit(step: string, command: Command): Promise<{ exitCode: number | undefined; output: string }> {
    const path = `${this.deps.outputPath}.${step}`;
    try {
      const exitCode = await this.runUnit(step, command, path);
      const bytes = await this.deps.files.readPiece(path, 0, MOST_QUIET_OUTPUT_BYTES);
      return { exitCode, output: Buffer.from(bytes ?? []).toString('utf8') };
    } finally {
      await this.deps.files.removeTree(path);
    }
  }

  /** After the end is journalled: nothing looks at the units any more. */
  async release(): Promise<void> {
    for (const step of this.steps) await this.deps.units.release(unitName(this.uid, step));
  }

  private async runUnit(step: string, command: Command, outputPath: string): Promise<number | undefined> {
    const { clock, units, wrote } = this.deps;
    const name = unitName(this.uid, step);
    this.steps.add(step);
    this.signal.throwIfAborted();
    await units.start(name, command, { outputPath });
    for (let lookMs = LOOK_FIRST_MS; ; lookMs = Math.min(LOOK_MOST_MS, lookMs * 2)) {
      const unit = await units.state(name);
      wrote();
      if (unit.state === 'ended') return unit.exitCode;
      if (this.signal.aborted && this.signal.reason !== 'detached') await units.stop(name);
      this.signal.throwIfAborted();
      if (unit.state === 'absent') throw new UnitLost(`${name} is gone.`);
      await pause(clock, lookMs, this.signal);
    }
  }
}
