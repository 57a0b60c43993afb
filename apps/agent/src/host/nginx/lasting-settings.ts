import type { BinaryPath, Exec, Finished } from '../exec/port';
import type { Files } from '../fs/port';
import { WORKER_SHUTDOWN_SECONDS } from './private-main';

const SYSTEMCTL: BinaryPath = '/usr/bin/systemctl';
const INSTALL: BinaryPath = '/usr/bin/install';
/** One access log per site, in the old and the new generation at once: systemd's 1024 ends at 480 sites. */
export const OPEN_FILES = 65_536;
const LIMIT_DROP_IN = '/etc/systemd/system/nginx.service.d/ostler.conf';
const LIMIT_TEXT = `# Written by Ostler: one access log per site needs more open files than the default.\n[Service]\nLimitNOFILE=${OPEN_FILES}:524288\n`;
export const MAIN_DROP_IN = '/etc/nginx/modules-enabled/90-ostler.conf';
const MAIN_TEXT = `# Written by Ostler: workers of old configurations end after this long.\nworker_shutdown_timeout ${WORKER_SHUTDOWN_SECONDS}s;\n`;

export interface LastingSettingsDeps {
  readonly files: Files;
  readonly exec: Exec;
  /** A program outside of the agent's sandbox, ended with all its children in any case. */
  readonly outside: (binary: BinaryPath, args: readonly string[]) => Promise<Finished>;
  /** nginx's own test of what is live. */
  readonly test: () => Promise<Finished>;
  /** Folder of the agent's own for staged files. */
  readonly folder: string;
}

/**
 * What the system's nginx is given in files for its later starts. Systemd has to read all of its units again for it,
 * which takes seconds on a small server, and nothing of it is needed to serve the first sites: so it is done when
 * there is time, or before nginx is started.
 */
export class LastingSettings {
  constructor(private readonly deps: LastingSettingsDeps) {}

  /** Writes what is missing; `mainDirectives` are those that the server's own configuration has already. */
  async keep(mainDirectives: readonly string[]): Promise<void> {
    await this.boundShutdown(mainDirectives);
    await this.raiseLimit();
  }

  /** Workers of old generations end after a while, unless the server's own configuration has a say in it. */
  private async boundShutdown(mainDirectives: readonly string[]): Promise<void> {
    const { files, test } = this.deps;
    const isIncluded = (await files.state('/etc/nginx/modules-enabled'))?.kind === 'folder';
    if (!isIncluded || mainDirectives.includes('worker_shutdown_timeout')) return;
    if (await this.hasText(MAIN_DROP_IN, MAIN_TEXT)) return;
    await files.writeAtomic(MAIN_DROP_IN, MAIN_TEXT, { mode: 0o644 });
    const tested = await test();
    if (tested.exitCode !== 0) await files.removeTree(MAIN_DROP_IN);
  }

  /** Without it nginx serves fewer sites, so it may fail. */
  private async raiseLimit(): Promise<void> {
    const { files, exec, outside, folder } = this.deps;
    if (await this.hasText(LIMIT_DROP_IN, LIMIT_TEXT)) return;
    const staged = `${folder}/nginx-limits.conf`;
    await files.writeStaged(staged, LIMIT_TEXT, { mode: 0o644 });
    // The agent's own sandbox may not write there.
    await outside(INSTALL, ['-D', '--mode=0644', '--', staged, LIMIT_DROP_IN]);
    await exec.run({ binary: SYSTEMCTL, args: ['daemon-reload'], timeoutMs: 15_000 });
  }

  private async hasText(path: string, text: string): Promise<boolean> {
    const content = await this.deps.files.read(path);
    return content !== undefined && Buffer.from(content).toString() === text;
  }
}
