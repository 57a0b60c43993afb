import { closeSync, openSync } from 'node:fs';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { checkCommand } from './command-rules';
import type { BinaryPath, Command, Exec, Finished, UnitOptions, Units, UnitState } from './port';
import { checkUnitName } from './unit-name';

const SYSTEMD_RUN: BinaryPath = '/usr/bin/systemd-run';
const SYSTEMCTL: BinaryPath = '/usr/bin/systemctl';
const CONTROL_TIMEOUT_MS = 15_000;
/** EXIT_EXEC of systemd.exec(5): the program could not be executed. */
const NOT_EXECUTED = 203;

/** Transient units of systemd: outside the agent's sandbox and cgroup, and untouched by its end. */
export class SystemdUnits implements Units {
  readonly durable = true;

  constructor(private readonly exec: Exec) {}

  async start(name: string, command: Command, options: UnitOptions): Promise<void> {
    checkUnitName(name);
    checkCommand(command);
    if ((await this.state(name)).state !== 'absent') return;
    // systemd would create it with 0644.
    closeSync(openSync(options.outputPath, 'a', 0o600));
    const started = await this.run(SYSTEMD_RUN, transientArguments(name, command, options));
    if (started.exitCode === 0) return;
    // A program that ends with an error at once fails its start, though it ran: then that is how it ended.
    const unit = await this.state(name);
    if (unit.state === 'ended' && unit.exitCode !== NOT_EXECUTED) return;
    await this.release(name);
    throw failed(SYSTEMD_RUN, 'start', started);
  }

  async state(name: string): Promise<UnitState> {
    checkUnitName(name);
    const properties = 'LoadState,ActiveState,SubState,ExecMainCode,ExecMainStatus';
    const { stdout } = await this.control(SYSTEMCTL, ['show', `--property=${properties}`, '--', name]);
    return parseUnitState(stdout);
  }

  async list(): Promise<string[]> {
    // Before the name of one that failed stands a dot.
    const shown = ['--all', '--no-legend', '--plain', '--full', '--no-pager'];
    const { stdout } = await this.control(SYSTEMCTL, ['list-units', ...shown, '--', 'ostler-op-*.service']);
    return stdout.split('\n').flatMap((line) => /^[^a-z]*(ostler-op-\S+\.service)\s/.exec(line)?.[1] ?? []);
  }

  async stop(name: string): Promise<void> {
    checkUnitName(name);
    if ((await this.state(name)).state !== 'running') return;
    await this.control(SYSTEMCTL, ['stop', '--', name]);
  }

  async release(name: string): Promise<void> {
    const { state } = await this.state(name);
    if (state === 'absent') return;
    // A unit that ended well remains as "active (exited)", one that failed as "failed".
    await this.run(SYSTEMCTL, ['stop', '--', name]);
    await this.run(SYSTEMCTL, ['reset-failed', '--', name]);
  }

  private run(binary: BinaryPath, args: readonly string[]) {
    return this.exec.run({ binary, args, timeoutMs: CONTROL_TIMEOUT_MS });
  }

  private async control(binary: BinaryPath, args: readonly string[]) {
    const finished = await this.run(binary, args);
    if (finished.exitCode === 0) return finished;
    throw failed(binary, args[0] ?? '', finished);
  }
}

function failed(binary: BinaryPath, verb: string, { timedOut, stderr }: Finished): AppError {
  const why = timedOut ? 'it did not answer in time' : stderr.trim().slice(0, 500);
  return new AppError(ErrorReason.UNAVAILABLE, `${binary} ${verb} failed: ${why}.`);
}

/** The argv of systemd-run. A unit remains after it ended, so that its exit code can be read. */
export function transientArguments(name: string, command: Command, options: UnitOptions): string[] {
  const properties = [
    `StandardOutput=append:${options.outputPath}`,
    `StandardError=append:${options.outputPath}`,
    `RuntimeMaxSec=${Math.max(1, Math.ceil(command.timeoutMs / 1000))}`,
    'TimeoutStopSec=2',
    'KillMode=control-group',
    ...(command.stdin ? ['StandardInput=data', `StandardInputData=${base64(command.stdin)}`] : []),
    ...(options.properties ?? []),
  ];
  const environment = Object.entries({ LANG: 'C.UTF-8', ...command.environment });
  return [
    `--unit=${name}`,
    '--quiet',
    '--no-ask-password',
    '--service-type=exec',
    '--remain-after-exit',
    `--working-directory=${command.workingFolder ?? '/'}`,
    ...environment.map(([key, value]) => `--setenv=${key}=${value}`),
    ...properties.map((property) => `--property=${property}`),
    '--',
    // systemd replaces $NAME in the arguments of ExecStart; $$ is one dollar (systemd.service(5)).
    command.binary,
    ...command.args.map((argument) => argument.replaceAll('$', '$$$$')),
  ];
}

/** Reads `systemctl show`; ExecMainCode 1 is exited, 2 killed, 3 dumped (waitid(2)). */
export function parseUnitState(text: string): UnitState {
  const show = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  if (show.get('LoadState') === 'not-found') return { state: 'absent' };
  const active = show.get('ActiveState');
  const goesOn = active === 'activating' || active === 'deactivating' || active === 'reloading';
  if (goesOn || (active === 'active' && show.get('SubState') !== 'exited')) return { state: 'running' };
  const code = show.get('ExecMainCode');
  if (code === undefined || code === '0') return { state: 'ended' };
  const status = Number.parseInt(show.get('ExecMainStatus') ?? '', 10);
  return { state: 'ended', exitCode: code === '1' ? status : 128 + status };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
