import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@ostler/kernel';
import { createLinuxExec } from '../../host/exec';
import { createLinuxFiles } from '../../host/fs';
import { createLinuxNet, type ProbeOutcome } from '../../host/net';
import { findNginx, type NginxRuntime } from '../../host/nginx';
import type { CommitFailpoint } from './commit';
import { NginxTarget } from './nginx-target';

export interface RealNginx extends AsyncDisposable {
  readonly folder: string;
  readonly target: NginxTarget;
  readonly runtime: NginxRuntime;
  readonly logged: string[];
  /** A GET on the plain listener. */
  get(host: string, path?: string): Promise<ProbeOutcome>;
}

export interface RealNginxOptions {
  /** A folder that another one left behind, to start on what is there. */
  readonly folder?: string;
  readonly failpoint?: (name: CommitFailpoint) => void;
  /** Wraps the runtime, to make it fail. */
  readonly wrap?: (runtime: NginxRuntime) => NginxRuntime;
}

/** A target on a private nginx of its own, on ports that the kernel chose. */
export async function startRealNginx(options: RealNginxOptions = {}): Promise<RealNginx> {
  const folder = options.folder ?? (await openFolder('ostler-nginx-'));
  const [exec, files, net] = [createLinuxExec(), createLinuxFiles(), createLinuxNet()];
  const logged: string[] = [];
  const common = { exec, files, net, clock: systemClock, systemd: false, root: process.geteuid?.() === 0 };
  const target = new NginxTarget({
    files,
    net,
    clock: systemClock,
    log: (line, fields) => logged.push(`${line} ${JSON.stringify(fields ?? {})}`),
    failpoint: options.failpoint ?? (() => undefined),
    folder: `${folder}/nginx`,
    find: async () => {
      const found = await findNginx({ ...common, folder: `${folder}/nginx`, httpPort: 0, httpsPort: 0 });
      return found.found && options.wrap ? { found: true, runtime: options.wrap(found.runtime) } : found;
    },
  });
  const runtime = await target.runtime();
  if ('reason' in runtime) throw new Error(runtime.message);
  return {
    folder,
    target,
    runtime,
    logged,
    get: (host, path = '/') =>
      net.probe({ address: '127.0.0.1', port: runtime.httpPort, path, host, tls: false, timeoutMs: 3_000 }),
    async [Symbol.asyncDispose]() {
      await target.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A temporary folder that nginx's workers may enter. */
export async function openFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await chmod(folder, 0o755);
  return folder;
}
