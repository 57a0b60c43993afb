import { access } from 'node:fs/promises';
import { ErrorReason } from '@ostler/contracts';
import { AppError, type Clock } from '@ostler/kernel';
import type { Exec, Finished } from '../exec/port';
import type { Files } from '../fs/port';
import { BaseNginx, TEST_TIMEOUT_MS } from './base-nginx';
import { nginxMessage, type Installation } from './installation';
import type { ForeignConfiguration, WorkerUser } from './port';
import { privateMainConfiguration } from './private-main';
import { childrenOf, signal } from './processes';

export interface PrivateOptions {
  /** Folder that holds everything of this nginx: configuration, pid file, logs, temporary files. */
  readonly prefix: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly ipv6: boolean;
  /** Undefined without root: workers then run as the agent's own user. */
  readonly workerUser: (WorkerUser & { readonly name: string }) | undefined;
}

/**
 * An nginx of the agent's own, where the system's is not to be used. It is a daemon: it goes on serving while the
 * agent restarts and is found again by its pid file.
 */
export class PrivateNginx extends BaseNginx {
  readonly mode = 'private';
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly ipv6: boolean;
  readonly workerUser: WorkerUser | undefined;
  readonly hookPath: string;
  readonly errorLogPath: string;
  protected readonly pidPath: string;
  protected readonly title: string;
  protected readonly chosen: readonly string[];

  constructor(
    installation: Installation,
    exec: Exec,
    clock: Clock,
    private readonly files: Files,
    private readonly options: PrivateOptions,
  ) {
    super(installation, exec, clock);
    const { prefix } = options;
    this.httpPort = options.httpPort;
    this.httpsPort = options.httpsPort;
    this.ipv6 = options.ipv6;
    this.workerUser = options.workerUser;
    this.hookPath = `${prefix}/conf.d/ostler.conf`;
    this.errorLogPath = `${prefix}/logs/error.log`;
    this.pidPath = `${prefix}/nginx.pid`;
    this.title = `-p ${prefix} -c ${prefix}/nginx.conf`;
    this.chosen = ['-p', prefix, '-c', `${prefix}/nginx.conf`];
  }

  /** Writes what is always the same: folders and the main file. */
  async prepare(): Promise<void> {
    const { prefix } = this.options;
    const own = (name: string, mode: number): Promise<void> =>
      this.files.makeFolder(`${prefix}/${name}`, mode);
    await this.files.makeFolder(prefix, 0o755);
    for (const name of ['conf.d', 'logs', 'test']) await own(name, 0o755);
    await own('temporary', 0o755);
    if (!(await this.files.state(this.hookPath)))
      await this.files.writeAtomic(this.hookPath, '', { mode: 0o644 });
    await this.files.writeAtomic(`${prefix}/nginx.conf`, await this.mainFile(this.hookPath), { mode: 0o644 });
  }

  async test(hookText: string): Promise<Finished> {
    const folder = `${this.options.prefix}/test`;
    await this.files.writeStaged(`${folder}/ostler.conf`, hookText, { mode: 0o600 });
    await this.files.writeStaged(`${folder}/nginx.conf`, await this.mainFile(`${folder}/ostler.conf`), {
      mode: 0o600,
    });
    const args = ['-p', this.options.prefix, '-c', `${folder}/nginx.conf`, '-t'];
    return this.exec.run({ binary: this.installation.binary, args, timeoutMs: TEST_TIMEOUT_MS });
  }

  async ensureRunning(): Promise<void> {
    if (await this.processes()) return;
    await this.prepare();
    const { binary } = this.installation;
    const finished = await this.exec.run({ binary, args: this.chosen, timeoutMs: TEST_TIMEOUT_MS });
    if (finished.exitCode !== 0)
      throw new AppError(
        ErrorReason.UNAVAILABLE,
        `nginx could not be started: ${nginxMessage(finished.stderr)}.`,
      );
    if (!(await this.waitFor(async () => ((await this.processes())?.workerPids.length ?? 0) > 0)))
      throw new AppError(
        ErrorReason.UNAVAILABLE,
        `nginx was started but has no workers; see ${this.errorLogPath}.`,
      );
  }

  readForeign(): Promise<ForeignConfiguration> {
    return Promise.resolve({ servers: [], httpDirectives: [], mainDirectives: [] });
  }

  async stop(): Promise<void> {
    const processes = await this.processes();
    if (!processes) return;
    const { masterPid } = processes;
    const workers = await childrenOf(masterPid);
    signal(masterPid, 'SIGTERM');
    if (await this.waitFor(async () => (await this.processes()) === undefined, 5_000)) return;
    for (const pid of [masterPid, ...workers]) signal(pid, 'SIGKILL');
  }

  private async mainFile(hookPath: string): Promise<string> {
    const mimeTypes = '/etc/nginx/mime.types';
    const hasTypes = await access(mimeTypes).then(
      () => true,
      () => false,
    );
    const { prefix, workerUser } = this.options;
    return privateMainConfiguration({
      prefix,
      hookPath,
      mimeTypes: hasTypes ? mimeTypes : undefined,
      user: workerUser?.name,
    });
  }
}
