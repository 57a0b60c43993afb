import { ErrorReason } from '@ostler/contracts';
import { AppError, type Clock } from '@ostler/kernel';
import type { BinaryPath, Exec, Finished } from '../exec/port';
import type { Files } from '../fs/port';
import { BaseNginx, TEST_TIMEOUT_MS } from './base-nginx';
import { fingerprintOf } from './configuration-fingerprint';
import { nginxMessage, type Installation } from './installation';
import { mainDirective, parseForeign } from './parse-dump';
import type { ForeignConfiguration, WorkerUser } from './port';
import { WORKER_SHUTDOWN_SECONDS } from './private-main';
import { openFilesLimit } from './processes';

const SYSTEMD_RUN: BinaryPath = '/usr/bin/systemd-run';
const SYSTEMCTL: BinaryPath = '/usr/bin/systemctl';
const PRLIMIT: BinaryPath = '/usr/bin/prlimit';
const INSTALL: BinaryPath = '/usr/bin/install';
const MOST_DUMP_BYTES = 16 * 1024 * 1024;
/** One access log per site, in the old and the new generation at once: systemd's 1024 ends at 480 sites. */
const OPEN_FILES = 65_536;
const LIMIT_DROP_IN = '/etc/systemd/system/nginx.service.d/ostler.conf';
const LIMIT_TEXT = `# Written by Ostler: one access log per site needs more open files than the default.\n[Service]\nLimitNOFILE=${OPEN_FILES}:524288\n`;
const MAIN_DROP_IN = '/etc/nginx/modules-enabled/90-ostler.conf';

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
  }

  /** Writes our hook when it is missing (a mount needs something to lie on) and the two drop-ins. */
  async prepare(): Promise<void> {
    if (!(await this.files.state(this.hookPath)))
      await this.files.writeAtomic(this.hookPath, '', { mode: 0o644 });
    const dump = await this.dump('');
    this.errorLogPath = mainDirective(dump, 'error_log')?.[0] ?? this.errorLogPath;
    const fingerprint = await fingerprintOf('/etc/nginx', this.ownPaths());
    this.known = { fingerprint, foreign: parseForeign(dump, this.ownPaths()) };
    await this.boundShutdown(this.known.foreign);
    await this.raiseLimits();
  }

  /** Runs beside the agent's sandbox, with this text where nginx reads the hook and with log folders in memory. */
  async test(hookText: string): Promise<Finished> {
    const staged = `${this.options.folder}/test-hook.conf`;
    await this.files.writeStaged(staged, hookText, { mode: 0o600 });
    return this.runBeside(['-t'], staged);
  }

  async ensureRunning(): Promise<void> {
    const processes = await this.processes();
    if (!processes) await this.start();
    if (processes?.masterPid !== this.raisedFor || !processes) await this.raiseLimits();
  }

  private async start(): Promise<void> {
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

  /** Workers of old generations end after a while, unless the server's own configuration has a say in it. */
  private async boundShutdown(foreign: ForeignConfiguration): Promise<void> {
    const folderIncluded = (await this.files.state('/etc/nginx/modules-enabled'))?.kind === 'folder';
    const text = `# Written by Ostler: workers of old configurations end after this long.\nworker_shutdown_timeout ${WORKER_SHUTDOWN_SECONDS}s;\n`;
    if (!folderIncluded || foreign.mainDirectives.includes('worker_shutdown_timeout')) return;
    if (await this.hasText(MAIN_DROP_IN, text)) return;
    await this.files.writeAtomic(MAIN_DROP_IN, text, { mode: 0o644 });
    const tested = await this.runBeside(['-t'], this.hookPath);
    if (tested.exitCode !== 0) await this.files.removeTree(MAIN_DROP_IN);
  }

  /** Now by prlimit, for later starts by a drop-in of its unit. Without it nginx serves fewer sites, so it may fail. */
  private async raiseLimits(): Promise<void> {
    if (!(await this.hasText(LIMIT_DROP_IN, LIMIT_TEXT))) {
      const staged = `${this.options.folder}/nginx-limits.conf`;
      await this.files.writeStaged(staged, LIMIT_TEXT, { mode: 0o644 });
      // The agent's own sandbox may not write there.
      await this.outside(INSTALL, ['-D', '--mode=0644', '--', staged, LIMIT_DROP_IN]);
      await this.exec.run({ binary: SYSTEMCTL, args: ['daemon-reload'], timeoutMs: 15_000 });
    }
    const processes = await this.processes();
    const limit = processes && (await openFilesLimit(processes.masterPid));
    if (limit !== undefined && limit < OPEN_FILES)
      await this.outside(PRLIMIT, [`--pid=${processes?.masterPid}`, `--nofile=${OPEN_FILES}:`]);
    this.raisedFor = processes?.masterPid;
  }

  private async hasText(path: string, text: string): Promise<boolean> {
    const content = await this.files.read(path);
    return content !== undefined && Buffer.from(content).toString() === text;
  }
}
