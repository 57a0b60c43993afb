import type { Clock } from '@ostler/kernel';
import type { Exec } from '../exec/port';
import type { Files } from '../fs/port';
import type { Net } from '../net/port';
import { findInstallation, findWorkerUser, type Installation } from './installation';
import type { FoundNginx, NginxRuntime } from './port';
import { isPlainPath, isSafePath } from './private-main';
import { PrivateNginx } from './private-nginx';
import { SystemNginx } from './system-nginx';

export interface FindNginxOptions {
  readonly exec: Exec;
  readonly files: Files;
  readonly net: Net;
  readonly clock: Clock;
  /** The target's folder, like /var/lib/ostler-agent/nginx. */
  readonly folder: string;
  /** PID 1 is systemd and this process may talk to it. */
  readonly systemd: boolean;
  readonly root: boolean;
  /** First choice; the private nginx takes the next free one. Absent: 80 and 443, or 8080 and 8443. */
  readonly httpPort?: number;
  readonly httpsPort?: number;
}

/** The nginx that this server's sites are served by, ready to be started. */
export async function findNginx(options: FindNginxOptions): Promise<FoundNginx> {
  const installation = await findInstallation(options.exec);
  if (!installation)
    return missing(
      'NGINX_MISSING',
      'nginx is not installed on this server. Install it: apt-get install nginx, or run the operation "install nginx".',
    );
  const system = options.systemd && options.root && installation.binary === '/usr/sbin/nginx';
  if (!(system ? isPlainPath : isSafePath)(options.folder))
    return missing(
      'NGINX_UNUSABLE',
      `The agent's folder ${JSON.stringify(options.folder)} has a character that nginx or systemd reads as syntax; move it to a plain path.`,
    );
  const closed = options.root ? await closedFolder(options.folder, options.files) : undefined;
  if (closed !== undefined)
    return missing(
      'NGINX_UNUSABLE',
      `nginx's workers cannot enter ${closed}, so they could not read what lies in ${options.folder}. Allow others to pass it (chmod o+x), or move the agent's folder.`,
    );
  return {
    found: true,
    runtime: await (system ? findSystem(installation, options) : findPrivate(installation, options)),
  };
}

function missing(reason: 'NGINX_MISSING' | 'NGINX_UNUSABLE', message: string): FoundNginx {
  return { found: false, reason, message };
}

/** The first folder on the way that the user of nginx's workers may not pass. */
async function closedFolder(folder: string, files: Files): Promise<string | undefined> {
  const parts = folder.split('/').slice(1, -1);
  for (let count = 1; count <= parts.length; count += 1) {
    const path = `/${parts.slice(0, count).join('/')}`;
    const state = await files.state(path);
    if (state?.kind === 'folder' && (state.mode & 0o001) === 0) return path;
  }
  return undefined;
}

async function findSystem(installation: Installation, options: FindNginxOptions): Promise<NginxRuntime> {
  const { exec, clock, files, net, folder } = options;
  await files.makeFolder(folder, 0o755);
  await files.makeFolder(`${folder}/logs`, 0o755);
  const runtime = new SystemNginx(installation, exec, clock, files, {
    folder,
    httpPort: options.httpPort ?? 80,
    httpsPort: options.httpsPort ?? 443,
    ipv6: net.hasIpv6(),
    workerUser: await findWorkerUser(),
    ownFolders: [folder],
    logFolders: [`${folder}/logs`],
  });
  await runtime.prepare();
  return runtime;
}

async function findPrivate(installation: Installation, options: FindNginxOptions): Promise<NginxRuntime> {
  const { exec, clock, files, net, folder, root } = options;
  const prefix = `${folder}/private`;
  await files.makeFolder(prefix, 0o755);
  const workerUser = root ? await findWorkerUser() : undefined;
  const build = (httpPort: number, httpsPort: number): PrivateNginx =>
    new PrivateNginx(installation, exec, clock, files, {
      prefix,
      httpPort,
      httpsPort,
      ipv6: net.hasIpv6(),
      workerUser,
    });
  const kept = await readPorts(files, prefix);
  if (kept && (await build(kept[0], kept[1]).processes())) return build(kept[0], kept[1]);
  const http = await firstFree(net, kept?.[0] ?? options.httpPort ?? 8080);
  const https = await firstFree(net, kept?.[1] ?? options.httpsPort ?? 8443, http);
  await files.writeAtomic(`${prefix}/ports`, `${http} ${https}\n`, { mode: 0o644 });
  const runtime = build(http, https);
  await runtime.prepare();
  return runtime;
}

async function readPorts(files: Files, prefix: string): Promise<readonly [number, number] | undefined> {
  const content = await files.read(`${prefix}/ports`);
  const [, http, https] =
    /^([0-9]{1,5}) ([0-9]{1,5})\n$/.exec(content ? Buffer.from(content).toString() : '') ?? [];
  return http === undefined || https === undefined ? undefined : [Number(http), Number(https)];
}

async function firstFree(net: Net, wanted: number, taken?: number): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + 100, 65_536); port += 1) {
    const free = port === taken ? undefined : await net.freePort(wanted === 0 ? 0 : port);
    if (free !== undefined && free !== taken) return free;
    if (wanted === 0) port -= 1;
  }
  return wanted;
}
