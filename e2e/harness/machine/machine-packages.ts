import { access, readdir } from 'node:fs/promises';
import { runProgram } from './program';

/** What the harness itself needs on this machine: a file that proves it, and the Debian package that brings it. */
const NEEDED = new Map([
  ['/usr/bin/linux.uml', 'user-mode-linux'],
  ['/usr/bin/mmdebstrap', 'mmdebstrap'],
  ['/usr/sbin/mke2fs', 'e2fsprogs'],
  ['/usr/sbin/ip', 'iproute2'],
  ['/usr/sbin/iptables', 'iptables'],
  ['/usr/sbin/sysctl', 'procps'],
]);

const APT_LISTS = '/var/lib/apt/lists';

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function missingPackages(): Promise<string[]> {
  const present = await Promise.all([...NEEDED.keys()].map(exists));
  return [...NEEDED.values()].filter((_, index) => !present[index]);
}

/** Why this machine cannot boot test servers, or undefined where it can (after installing packages). */
export async function whyNoTestServers(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'test servers need root: network namespaces and tap devices';
  if (!(await exists('/dev/net/tun'))) return 'test servers need /dev/net/tun';
  if (!(await exists('/usr/bin/apt-get'))) return 'test servers are built from Debian packages with apt-get';
  return undefined;
}

/** Installs what is missing through apt-get. Safe to run again; costs a few file lookups when all is there. */
export async function installMachinePackages(): Promise<void> {
  const why = await whyNoTestServers();
  if (why !== undefined) throw new Error(why);
  const packages = await missingPackages();
  if (packages.length === 0) return;
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  if (!(await hasPackageLists())) await runProgram(['apt-get', 'update'], { environment });
  await runProgram(['apt-get', ...wait, 'install', '--yes', '--no-install-recommends', ...packages], {
    environment,
  });
}

async function hasPackageLists(): Promise<boolean> {
  const names = await readdir(APT_LISTS).catch(() => []);
  return names.some((name) => name.includes('_Packages') || name.includes('InRelease'));
}
