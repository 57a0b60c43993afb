import { AppError, pause, type Clock } from '@ostler/kernel';
import { ErrorReason } from '@ostler/contracts';
import type { Command, Exec, Finished } from '../exec/port';
import { readLogAfter } from './error-log';
import type { Installation } from './installation';
import type { ForeignConfiguration, NginxProcesses, NginxRuntime, WorkerUser } from './port';
import { readProcesses, signal } from './processes';

export const TEST_TIMEOUT_MS = 20_000;
const START_TIMEOUT_MS = 15_000;
const MOST_DUMP_BYTES = 16 * 1024 * 1024;

/** What both kinds of nginx have in common: a pid file, an error log, signals. */
export abstract class BaseNginx implements NginxRuntime {
  abstract readonly mode: 'system' | 'private';
  abstract readonly httpPort: number;
  abstract readonly httpsPort: number;
  abstract readonly ipv6: boolean;
  abstract readonly workerUser: WorkerUser | undefined;
  abstract readonly hookPath: string;
  abstract readonly errorLogPath: string;

  protected abstract readonly pidPath: string;
  /** Text that the title of our master's process contains. */
  protected abstract readonly title: string;
  /** Arguments that choose the configuration. */
  protected abstract readonly chosen: readonly string[];

  constructor(
    protected readonly installation: Installation,
    protected readonly exec: Exec,
    protected readonly clock: Clock,
  ) {}

  get version(): string {
    return this.installation.version;
  }

  testCommand(): Command {
    return { binary: this.installation.binary, args: [...this.chosen, '-t'], timeoutMs: TEST_TIMEOUT_MS };
  }

  showCommand(): Command {
    return {
      binary: this.installation.binary,
      args: [...this.chosen, '-T', '-q'],
      timeoutMs: TEST_TIMEOUT_MS,
      mostOutputBytes: MOST_DUMP_BYTES,
    };
  }

  processes(): Promise<NginxProcesses | undefined> {
    return readProcesses(this.pidPath, this.title);
  }

  async reload(): Promise<void> {
    await this.tellMaster('SIGHUP');
  }

  async reopenLogs(): Promise<void> {
    await this.tellMaster('SIGUSR1');
  }

  errorsAfter(offset: number): Promise<{ readonly text: string; readonly size: number }> {
    return readLogAfter(this.errorLogPath, offset);
  }

  /** One that the agent starts itself is given all of it at its start. */
  keepSettings(): Promise<void> {
    return Promise.resolve();
  }

  abstract test(hookText: string): Promise<Finished>;
  abstract ensureRunning(): Promise<void>;
  abstract readForeign(): Promise<ForeignConfiguration>;
  abstract stop(): Promise<void>;

  private async tellMaster(name: 'SIGHUP' | 'SIGUSR1'): Promise<void> {
    const processes = await this.processes();
    if (!processes || !signal(processes.masterPid, name))
      throw new AppError(ErrorReason.UNAVAILABLE, 'nginx does not run on this server.');
  }

  /** True once the condition holds; false when it did not in time. */
  protected async waitFor(condition: () => Promise<boolean>, mostMs = START_TIMEOUT_MS): Promise<boolean> {
    const end = this.clock.monotonic() + mostMs;
    while (!(await condition())) {
      if (this.clock.monotonic() > end) return false;
      await pause(this.clock, 20);
    }
    return true;
  }
}
