import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { Backoff, type Clock, pause } from '@ostler/kernel';

import { readAgentLine } from './agent-line';

/** The agent ends with this code when another agent holds the lock of this machine. */
const anotherAgentHoldsTheLock = 73;
const steadyMilliseconds = 30_000;
const graceMilliseconds = 15_000;
const parentDeathSignaller = '/usr/bin/setpriv';

export interface LocalAgentOptions {
  /** Absolute path of a program and its arguments. */
  readonly command: readonly [binary: string, ...args: string[]];
  /** The child's whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: { info(message: string): void; warn(message: string): void };
  readonly clock: Clock;
}

/**
 *     running <-> waiting (ended by itself; tried again later)
 *        |
 *        +-> elsewhere (an installed agent serves this machine: none is started)
 *        +-> stopped
 */
export type LocalAgentState = 'running' | 'waiting' | 'elsewhere' | 'stopped';

export interface LocalAgent {
  state(): LocalAgentState;
  /** Ends the agent and waits for it. Whatever of its process group is left after 15 s is killed. */
  stop(): Promise<void>;
}

/** Keeps an agent running as a child of this process, with growing pauses when it keeps ending. */
export function superviseLocalAgent(options: LocalAgentOptions): LocalAgent {
  return new Supervision(options);
}

class Supervision implements LocalAgent {
  private readonly backoff = new Backoff({ firstMs: 1_000, mostMs: 60_000 });
  private readonly stopping = new AbortController();
  private readonly ended: Promise<void>;
  private current: LocalAgentState = 'waiting';
  private child: ChildProcess | undefined;

  constructor(private readonly options: LocalAgentOptions) {
    this.ended = this.keepRunning();
  }

  state(): LocalAgentState {
    return this.current;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.child) await endGroup(this.child, this.options.clock);
    await this.ended;
    this.current = 'stopped';
  }

  private async keepRunning(): Promise<void> {
    const { clock, log } = this.options;
    while (!this.stopping.signal.aborted) {
      const startedAt = clock.monotonic();
      const { code, how } = await this.runOnce();
      if (this.stopping.signal.aborted) return;
      if (code === anotherAgentHoldsTheLock) {
        this.current = 'elsewhere';
        return log.info('An installed agent serves this machine; no local one is started.');
      }
      if (clock.monotonic() - startedAt > steadyMilliseconds) this.backoff.reset();
      const delay = this.backoff.next();
      log.warn(`The local agent ended (${how}); starting it again in ${Math.ceil(delay / 1_000)} s.`);
      await pause(clock, delay, this.stopping.signal);
    }
  }

  private async runOnce(): Promise<{ code: number | null; how: string }> {
    const child = spawnInGroup(this.options);
    this.child = child;
    this.current = 'running';
    forwardLines(child.stdout, (line) => this.passOn(line));
    forwardLines(child.stderr, (line) => this.options.log.warn(`local agent: ${line}`));
    const outcome = await exitOf(child);
    this.child = undefined;
    if (this.current === 'running') this.current = 'waiting';
    return outcome;
  }

  private passOn(line: string): void {
    const { isWarning, text } = readAgentLine(line);
    if (isWarning) this.options.log.warn(text);
    else this.options.log.info(text);
  }
}

/**
 * A group of its own keeps Ctrl-C on the terminal from reaching the agent before the control plane has decided
 * on the order. The signal at this process's death, which only the kernel can send, ends the agent when
 * the control plane is killed: the next start brings its own.
 */
function spawnInGroup({ command: [binary, ...args], env }: LocalAgentOptions) {
  const canSignal = existsSync(parentDeathSignaller);
  const argv = canSignal ? [parentDeathSignaller, '--pdeathsig', 'TERM', binary, ...args] : [binary, ...args];
  const [program = binary, ...rest] = argv;
  return spawn(program, rest, { env: { ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

function forwardLines(stream: Readable, take: (line: string) => void): void {
  createInterface(stream).on('line', take);
}

/** An `error` before the process id is known means that nothing was started. */
async function exitOf(child: ChildProcess): Promise<{ code: number | null; how: string }> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return { code, how: signal ? `by ${signal}` : `code ${code}` };
  } catch (error) {
    return { code: null, how: String(error) };
  }
}

async function endGroup(child: ChildProcess, clock: Clock): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const exited =
    child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit');
  child.kill('SIGTERM');
  const enough = new AbortController();
  await Promise.race([exited, pause(clock, graceMilliseconds, enough.signal)]);
  enough.abort();
  killGroup(pid);
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
