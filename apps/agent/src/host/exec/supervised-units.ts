import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { messageOf } from '@ostler/kernel';
import { checkCommand, environmentOf } from './command-rules';
import { ended } from './linux-exec';
import type { Command, UnitOptions, Units, UnitState } from './port';
import { endTree, startTimeOf } from './process-tree';
import { checkUnitName } from './unit-name';

/** What is written down of a running unit, so that a restarted agent finds it. */
interface Record {
  readonly pid: number;
  readonly startTime: string;
  /** Wall time at which it is ended if it has not ended by itself. */
  readonly deadlineMs: number;
}

/**
 * Units where PID 1 is not systemd: process groups that the agent supervises. They go on when the agent
 * ends and are found again by pid and start time; their exit code is then lost, as nobody waited for it.
 */
export class SupervisedUnits implements Units {
  readonly durable = false;
  /** Children of this agent, whose end it will see. */
  private readonly children = new Set<string>();
  private readonly deadlines = new Map<string, NodeJS.Timeout>();

  constructor(private readonly folder: string) {}

  async start(name: string, command: Command, { outputPath }: UnitOptions): Promise<void> {
    checkUnitName(name);
    checkCommand(command);
    if ((await this.state(name)).state !== 'absent') return;
    await fs.mkdir(this.folder, { recursive: true, mode: 0o700 });
    const output = openSync(outputPath, 'a', 0o600);
    try {
      await this.spawn(name, command, output);
    } finally {
      closeSync(output);
    }
  }

  async state(name: string): Promise<UnitState> {
    checkUnitName(name);
    const exit = await readText(this.path(name, 'exit'));
    if (exit !== undefined) return { state: 'ended', exitCode: Number.parseInt(exit, 10) };
    if (this.children.has(name)) return { state: 'running' };
    const record = await this.record(name);
    if (!record) return { state: 'absent' };
    if ((await startTimeOf(record.pid)) !== record.startTime) return { state: 'ended' };
    this.armDeadline(name, record);
    return { state: 'running' };
  }

  async list(): Promise<string[]> {
    const names = await fs.readdir(this.folder).catch((error: unknown) => {
      if (messageOf(error).startsWith('ENOENT')) return [];
      throw error;
    });
    return [
      ...new Set(names.flatMap((name) => /^(ostler-op-.+\.service)\.(json|exit)$/.exec(name)?.[1] ?? [])),
    ];
  }

  async stop(name: string): Promise<void> {
    const record = await this.record(name);
    if (record) await endTree(record.pid, name);
  }

  async release(name: string): Promise<void> {
    clearTimeout(this.deadlines.get(name));
    this.deadlines.delete(name);
    for (const part of ['exit', 'json'] as const) await fs.rm(this.path(name, part), { force: true });
  }

  private async spawn(name: string, command: Command, output: number): Promise<void> {
    const child = spawn(command.binary, [...command.args], {
      cwd: command.workingFolder ?? '/',
      env: environmentOf(command, name),
      detached: true,
      stdio: [command.stdin ? 'pipe' : 'ignore', output, output],
    });
    const exit = ended(child, command);
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(command.stdin);
    // An agent that is stopped does not wait for it: it goes on.
    child.unref();
    if (child.pid === undefined) {
      await exit;
      return;
    }
    const record = {
      pid: child.pid,
      startTime: (await startTimeOf(child.pid)) ?? '',
      deadlineMs: Date.now() + command.timeoutMs,
    };
    await this.write(this.path(name, 'json'), JSON.stringify(record));
    this.armDeadline(name, record);
    this.children.add(name);
    void exit
      .then((code) => this.write(this.path(name, 'exit'), String(code)))
      .finally(() => this.children.delete(name));
  }

  private armDeadline(name: string, { deadlineMs }: Record): void {
    if (this.deadlines.has(name)) return;
    const timer = setTimeout(() => void this.stop(name), Math.max(0, deadlineMs - Date.now()));
    this.deadlines.set(name, timer.unref());
  }

  private async record(name: string): Promise<Record | undefined> {
    checkUnitName(name);
    const text = await readText(this.path(name, 'json'));
    return text === undefined ? undefined : (JSON.parse(text) as Record);
  }

  private async write(path: string, text: string): Promise<void> {
    await fs.writeFile(`${path}.new`, text, { mode: 0o600 });
    await fs.rename(`${path}.new`, path);
  }

  private path(name: string, part: 'json' | 'exit'): string {
    return `${this.folder}/${name}.${part}`;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await fs.readFile(path, 'utf8');
  } catch (error) {
    if (messageOf(error).startsWith('ENOENT')) return undefined;
    throw error;
  }
}
