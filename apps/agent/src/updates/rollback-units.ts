import type { Exec } from '../host/exec';
import type { Files } from '../host/fs';
import type { UpdateRecord } from './update-record';

const FOLDER = '/etc/systemd/system';
const NAME = 'ostler-agent-rollback';
const WANTS = `${FOLDER}/timers.target.wants`;
const TIMER_FILE = `${FOLDER}/${NAME}.timer`;
const CONTROL_TIMEOUT_MS = 45_000;
const SYSTEMCTL = '/usr/bin/systemctl';

/**
 * After the switch, or a boot in the middle of one. A new agent connects within seconds; bringing the old one back
 * takes up to 25 s on a server that is busy with nothing but the agent that hangs: together less than a minute.
 */
export const ROLLBACK_AFTER_SECONDS = 30;

/** The timer that brings the old agent back. It outlives a power cut, as a transient one would not. */
export class RollbackUnits {
  constructor(
    private readonly files: Files,
    private readonly exec: Exec,
  ) {}

  async isArmed(): Promise<boolean> {
    return (await this.files.state(TIMER_FILE)) !== undefined;
  }

  /** Durable and running when it returns. The program is the old agent's: the new one is not to be trusted yet. */
  async arm(record: UpdateRecord, stateFolder: string): Promise<void> {
    const old = `${record.home}/${record.fromVersion}`;
    const program = [`${old}/node`, `${old}/agent-updater.cjs`, 'settle', stateFolder];
    const bits = { mode: 0o644 };
    await this.files.writeAtomic(`${FOLDER}/${NAME}.service`, serviceText(program), bits);
    await this.files.writeAtomic(TIMER_FILE, timerText(), bits);
    await this.files.makeFolder(WANTS, 0o755);
    await this.files.linkAtomic(`${WANTS}/${NAME}.timer`, TIMER_FILE);
    if (!(await this.areKnown())) await this.systemctl('daemon-reload');
    await this.systemctl('restart', '--', `${NAME}.timer`);
  }

  /**
   * Whether systemd has both units as they are on the disk: it reads one that it does not know when it is asked for it.
   * To have it read all of its units again takes seconds on a small server.
   */
  private async areKnown(): Promise<boolean> {
    const asked = ['--property=LoadState', '--property=NeedDaemonReload'];
    const args = ['show', ...asked, '--', `${NAME}.service`, `${NAME}.timer`];
    const { stdout } = await this.exec.run({ binary: SYSTEMCTL, args, timeoutMs: CONTROL_TIMEOUT_MS });
    const said = stdout.split('\n').filter((line) => line !== '');
    return said.length === 4 && said.every((line) => /^(LoadState=loaded|NeedDaemonReload=no)$/.test(line));
  }

  async disarm(): Promise<void> {
    if (!(await this.isArmed())) return;
    // Not the service: this may be it.
    await this.systemctl('stop', '--', `${NAME}.timer`);
    await this.files.removeTree(`${WANTS}/${NAME}.timer`);
    await this.files.removeTree(`${FOLDER}/${NAME}.service`);
    await this.files.removeTree(TIMER_FILE);
    // systemd is not told to read its units again: that keeps it from others for seconds, just when the agent comes
    // up. What it still knows is stopped, and the next one to arm a timer tells it.
  }

  /** For one that was written down and, as its writer was killed right then, never began to run. */
  async fire(): Promise<void> {
    await this.systemctl('daemon-reload');
    await this.begin();
  }

  /** Does not wait for the timer. */
  async begin(): Promise<void> {
    await this.systemctl('start', '--no-block', '--', `${NAME}.service`);
  }

  /** @throws when systemctl does. */
  async systemctl(...args: string[]): Promise<void> {
    const { exitCode, stderr } = await this.exec.run({
      binary: SYSTEMCTL,
      args,
      timeoutMs: CONTROL_TIMEOUT_MS,
    });
    if (exitCode !== 0)
      throw new Error(`systemctl ${args.join(' ')} ended with ${exitCode}: ${stderr.trim()}`);
  }
}

function serviceText(program: readonly string[]): string {
  return `# Made by the Ostler agent for one update; gone when that has ended.
[Unit]
Description=Ostler agent: end an update, or bring the old agent back
DefaultDependencies=no
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${program.join(' ')}
Restart=on-failure
RestartSec=1
# A new agent that hangs may take all of the processor.
Nice=-10
`;
}

function timerText(): string {
  return `# Made by the Ostler agent for one update; gone when that has ended.
[Unit]
Description=Ostler agent: the time that a new version has to prove itself

[Timer]
OnActiveSec=${ROLLBACK_AFTER_SECONDS}
AccuracySec=100ms

[Install]
WantedBy=timers.target
`;
}
