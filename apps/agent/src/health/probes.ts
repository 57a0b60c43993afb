import type { Exec } from '../host/exec';
import type { Files } from '../host/fs';
import type { FoundNginx } from '../host/nginx/port';
import type { Capability, Probe } from './probe.port';

export interface ProbeDeps {
  readonly files: Files;
  readonly exec: Exec;
  readonly nginx: () => FoundNginx;
  readonly isRoot: boolean;
  /** Of parts that know better than this room. */
  readonly moreProbes?: readonly Probe[];
}

/** Every capability of a server, each with a reason when it is missing. */
export function capabilityProbes(deps: ProbeDeps): readonly Probe[] {
  return [
    () => systemd(deps),
    () => cgroup2(deps),
    () => nginx(deps),
    () => managedNginx(deps),
    () => docker(deps),
    () => phpFpm(deps),
    () => ipv6(deps),
    () => apt(deps),
    ...(deps.moreProbes ?? []),
  ];
}

/** Documented by systemd itself: sd_booted(3) looks for this folder. */
export async function isSystemdBooted(files: Files): Promise<boolean> {
  return (await files.state('/run/systemd/system'))?.kind === 'folder';
}

async function systemd({ files, exec }: ProbeDeps): Promise<Capability> {
  if (!(await isSystemdBooted(files))) {
    const pid1 = Buffer.from((await files.readPiece('/proc/1/comm', 0, 64)) ?? [])
      .toString()
      .trim();
    return no(
      'systemd',
      `PID 1 is ${pid1 || 'unknown'}, not systemd; the agent supervises what it starts itself.`,
    );
  }
  return yes('systemd', await systemdVersion(exec));
}

/** First line of `systemctl --version`, like "systemd 252 (252.30-1~deb12u2)"; empty without systemd. */
async function systemdVersion(exec: Exec): Promise<string> {
  const { stdout } = await exec.run({ binary: '/usr/bin/systemctl', args: ['--version'], timeoutMs: 5000 });
  return stdout.split('\n')[0]?.trim().slice(0, 64) ?? '';
}

async function cgroup2({ files }: ProbeDeps): Promise<Capability> {
  const controllers = await files.readPiece('/sys/fs/cgroup/cgroup.controllers', 0, 4096);
  if (!controllers) return no('cgroup2', 'The unified hierarchy is not mounted at /sys/fs/cgroup.');
  return yes('cgroup2', Buffer.from(controllers).toString().trim());
}

async function nginx({ nginx: find }: ProbeDeps): Promise<Capability> {
  const found = find();
  return found.found ? yes('nginx', `nginx ${found.runtime.version}`) : no('nginx', found.message);
}

/** Whether nginx is the system's own, run by systemd. */
async function managedNginx({ nginx: find }: ProbeDeps): Promise<Capability> {
  const found = find();
  if (!found.found) return no('nginx.managed', found.message);
  if (found.runtime.mode === 'system') return yes('nginx.managed', "The system's own nginx.");
  return no('nginx.managed', `A private nginx of the agent on port ${found.runtime.httpPort}.`);
}

async function docker({ files }: ProbeDeps): Promise<Capability> {
  const socket = await files.state('/run/docker.sock');
  return socket
    ? yes('docker', '/run/docker.sock')
    : no('docker', 'There is no /run/docker.sock; install docker.io, or start it.');
}

async function phpFpm({ files }: ProbeDeps): Promise<Capability> {
  const sockets = (await files.list('/run/php')).filter((name) => name.endsWith('.sock'));
  if (sockets.length === 0)
    return no('php-fpm', 'There is no socket in /run/php; install and start php-fpm.');
  return yes(
    'php-fpm',
    sockets
      .map((name) => `/run/php/${name}`)
      .join(' ')
      .slice(0, 2000),
  );
}

async function ipv6({ files }: ProbeDeps): Promise<Capability> {
  const addresses = await files.readPiece('/proc/net/if_inet6', 0, 4096);
  return addresses && addresses.byteLength > 0
    ? yes('ipv6', 'The kernel has it.')
    : no('ipv6', 'The kernel has no IPv6 address.');
}

async function apt({ files, isRoot }: ProbeDeps): Promise<Capability> {
  if (!(await files.state('/usr/bin/apt-get'))) return no('apt', 'There is no /usr/bin/apt-get.');
  return isRoot ? yes('apt', '/usr/bin/apt-get') : no('apt', 'The agent does not run as root.');
}

function yes(name: string, detail: string): Capability {
  return { name, available: true, detail };
}

function no(name: string, detail: string): Capability {
  return { name, available: false, detail };
}
