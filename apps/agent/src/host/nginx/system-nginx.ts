import { ErrorReason } from '@ostler/contracts';
import { AppError, type Clock } from '@ostler/kernel';
import type { BinaryPath, Exec, Finished } from '../exec/port';
import type { Files } from '../fs/port';
import { BaseNginx, TEST_TIMEOUT_MS } from './base-nginx';
import { fingerprintOf } from './configuration-fingerprint';
import { nginxMessage, type Installation } from './installation';
import { mainDirective, parseForeign } from './parse-dump';
import { LastingSettings, MAIN_DROP_IN, OPEN_FILES } from './lasting-settings';
import type { ForeignConfiguration, NginxProcesses, WorkerUser } from './port';
import { openFilesLimit } from './processes';

const SYSTEMD_RUN: BinaryPath = '/usr/bin/systemd-run';
const SYSTEMCTL: BinaryPath = '/usr/bin/systemctl';
const PRLIMIT: BinaryPath = '/usr/bin/prlimit';
const MOST_DUMP_BYTES = 16 * 1024 * 1024;

export interface SystemOptions {
  /** Folder of the agent's own for staged files. */
  readonly folder: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly ipv6: boolean;
  readonly workerUser: WorkerUser | undefined;
  /** Folders of ours; what lies in them is not foreign. */
  readonly ownFolders: readonly string[];
  /** Folders that `nginx -t` would create log files in. */
  readonly logFolders: readonly string[];
}

/** The nginx that the distribution installed and systemd runs. Its configuration is left alone but for our hook. */
export class SystemNginx extends BaseNginx {
  readonly mode = 'system';
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly ipv6: boolean;
  readonly workerUser: WorkerUser | undefined;
  readonly hookPath = '/etc/nginx/conf.d/ostler.conf';
  errorLogPath = '/var/log/nginx/error.log';
  protected readonly pidPath = '/run/nginx.pid';
  protected readonly title = '';
  protected readonly chosen: readonly string[] = [];

  /** Master whose limits were looked at. */
  private raisedFor: number | undefined;
  /** To read it anew takes a process; most commits find it as it was. */
  private known:
    | { readonly fingerprint: string | undefined; readonly foreign: ForeignConfiguration }
    | undefined;
  private readonly lasting: LastingSettings;

  constructor(
    installation: Installation,
    exec: Exec,
    clock: Clock,
    private readonly files: Files,
    private readonly options: SystemOptions,
  ) {
    super(installation, exec, clock);
    this.httpPort = options.httpPort;
    this.httpsPort = options.httpsPort;
    this.ipv6 = options.ipv6;
    this.workerUser = options.workerUser;
    this.lasting = new LastingSettings({
      ...{ files, exec, folder: options.folder },
      outside: (binary, args) => this.outside(binary, args),
      test: () => this.runBeside(['-t'], this.hookPath),
    });
  }

  /** Writes our hook when it is missing: a mount needs something to lie on. */
  async prepare(): Promise<void> {
    if (!(await this.files.state(this.hookPath)))
      await this.files.writeAtomic(this.hookPath, '', { mode: 0o644 });
    const dump = await this.dump('');
    this.errorLogPath = mainDirective(dump, 'error_log')?.[0] ?? this.errorLogPath;
    const fingerprint = await fingerprintOf('/etc/nginx', this.ownPaths());
    this.known = { fingerprint, foreign: parseForeign(dump, this.ownPaths()) };
  }

  override async keepSettings(): Promise<void> {
    const { mainDirectives } = await this.readForeign();
    await this.lasting.keep(mainDirectives);
  }

  /** Runs beside the agent's sandbox, with this text where nginx reads the hook and with log folders in memory. */
  async test(hookText: string): Promise<Finished> {
    const staged = `${this.options.folder}/test-hook.conf`;
    await this.files.writeStaged(staged, hookText, { mode: 0o600 });
    return this.runBeside(['-t'], staged);
  }

  async ensureRunning(): Promise<void> {
    if (!(await this.processes())) await this.start();
    const processes = await this.processes();
    if (processes && processes.masterPid !== this.raisedFor) await this.raiseLimit(processes);
  }

  private async start(): Promise<void> {
    // With more sites than it may open files for it would not start. It is tried in any case.
    await this.keepSettings().catch(() => undefined);
    const started = await this.exec.run({
      binary: SYSTEMCTL,
      args: ['start', 'nginx.service'],
      timeoutMs: TEST_TIMEOUT_MS,
    });
    if (started.exitCode !== 0) {
      const test = await this.runBeside(['-t'], this.hookPath);
      const why = test.exitCode === 0 ? started.stderr.trim() : nginxMessage(test.stderr);
      throw new AppError(
        ErrorReason.UNAVAILABLE,
        `systemd could not start nginx: ${why || 'see journalctl -u nginx'}.`,
      );
    }
    await this.waitFor(async () => ((await this.processes())?.workerPids.length ?? 0) > 0);
  }

  async readForeign(): Promise<ForeignConfiguration> {
    const fingerprint = await fingerprintOf('/etc/nginx', this.ownPaths());
    if (fingerprint === undefined || fingerprint !== this.known?.fingerprint)
      this.known = { fingerprint, foreign: parseForeign(await this.dump(''), this.ownPaths()) };
    return this.known.foreign;
  }

  /** The system's nginx goes on serving whatever becomes of the agent. */
  stop(): Promise<void> {
    return Promise.resolve();
  }

  private ownPaths(): string[] {
    return [this.hookPath, MAIN_DROP_IN, ...this.options.ownFolders];
  }

  private async dump(hookText: string): Promise<string> {
    const staged = `${this.options.folder}/dump-hook.conf`;
    await this.files.writeStaged(staged, hookText, { mode: 0o600 });
    const finished = await this.runBeside(['-T', '-q'], staged);
    if (finished.exitCode !== 0)
      throw new AppError(
        ErrorReason.UNAVAILABLE,
        `The server's own nginx configuration does not pass nginx's test: ${nginxMessage(finished.stderr)}.`,
      );
    if (finished.truncated)
      throw new AppError(
        ErrorReason.LIMIT_EXCEEDED,
        `The nginx configuration of this server is larger than ${MOST_DUMP_BYTES} bytes.`,
      );
    return finished.stdout;
  }

  private runBeside(args: readonly string[], hook: string): Promise<Finished> {
    return this.outside(this.installation.binary, args, [
      ...(hook === this.hookPath ? [] : [`BindReadOnlyPaths=${hook}:${this.hookPath}`]),
      ...['/var/log/nginx', ...this.options.logFolders].map(
        (folder) => `TemporaryFileSystem=${folder}:mode=0755`,
      ),
    ]);
  }

  /** A transient unit: outside the agent's sandbox, ended with all its children in any case. */
  private outside(
    binary: BinaryPath,
    args: readonly string[],
    properties: readonly string[] = [],
  ): Promise<Finished> {
    const bounded = [
      ...properties,
      `RuntimeMaxSec=${TEST_TIMEOUT_MS / 1000}`,
      'TimeoutStopSec=1',
      'KillMode=control-group',
    ];
    const options = ['--wait', '--pipe', '--collect', '--quiet', '--no-ask-password'];
    return this.exec.run({
      binary: SYSTEMD_RUN,
      args: [...options, ...bounded.map((property) => `--property=${property}`), '--', binary, ...args],
      timeoutMs: TEST_TIMEOUT_MS + 2_000,
      mostOutputBytes: MOST_DUMP_BYTES,
    });
  }

  /** The one that runs; a later one gets it by a drop-in of its unit. Without it nginx serves fewer sites. */
  private async raiseLimit({ masterPid }: NginxProcesses): Promise<void> {
    this.raisedFor = masterPid;
    const limit = await openFilesLimit(masterPid);
    if (limit === undefined || limit >= OPEN_FILES) return;
    const args = [`--pid=${masterPid}`, `--nofile=${OPEN_FILES}:`];
    await this.exec.run({ binary: PRLIMIT, args, timeoutMs: 5_000 }).catch(() => undefined);
  }
}
