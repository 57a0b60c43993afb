import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ServerReport } from '@ostler/contracts';
import type { Exec } from '../../host/exec';
import type { Files } from '../../host/fs';
import { mebibytes, ofCommand, ofFile, pairs, type Section } from './section';

export interface ServerSectionDeps {
  readonly files: Files;
  readonly exec: Exec;
  readonly report: () => Promise<ServerReport>;
}

const SYSTEMCTL = '/usr/bin/systemctl';
const JOURNALCTL = '/usr/bin/journalctl';
const PLAIN = ['--no-pager', '--plain'];

/** The server around the agent: the machine, what it may do, what runs, who listens. */
export function serverSections({ files, exec, report }: ServerSectionDeps): Section[] {
  return [
    { title: 'Server', gather: async () => machine(await report()) },
    { title: 'Capabilities', gather: async () => capabilities(await report()) },
    { title: 'Local policy', gather: async () => policy(await report()) },
    { title: 'Disks', gather: async () => disks(await report()) },
    ...['/proc/version', '/proc/uptime', '/proc/loadavg', '/proc/meminfo'].map((path) => ofFile(files, path)),
    ...['cpu', 'memory', 'io'].map((what) => ofFile(files, `/proc/pressure/${what}`)),
    ofFile(files, '/etc/os-release'),
    ofFile(files, '/etc/resolv.conf'),
    ofCommand(exec, 'Files left', '/usr/bin/df', ['-iPT']),
    ofCommand(exec, 'Listeners', '/usr/bin/ss', ['-lntup']),
    ofCommand(exec, 'Connections', '/usr/bin/ss', ['-s']),
    ...systemdSections(exec).map((section) => whereSystemdRuns(section, report)),
  ];
}

function systemdSections(exec: Exec): Section[] {
  const units = ['ostler-*', 'nginx.service'];
  const journal = ['--no-pager', '--output=short-iso'];
  return [
    ofCommand(exec, 'Clock', '/usr/bin/timedatectl', []),
    ofCommand(exec, 'Units that failed', SYSTEMCTL, ['--failed', ...PLAIN]),
    ofCommand(exec, 'Units of Ostler and nginx', SYSTEMCTL, [
      ...['status', '--lines=0', '--no-pager', '--'],
      ...units,
    ]),
    ofCommand(exec, "Journal of the agent's unit", JOURNALCTL, [
      ...['--unit=ostler-agent.service', '--lines=100'],
      ...journal,
    ]),
    ofCommand(exec, 'Warnings of the kernel', JOURNALCTL, [
      ...['--dmesg', '--priority=warning', '--lines=40'],
      ...journal,
    ]),
  ];
}

/** Without systemd each of them would wait for a bus that never answers. */
function whereSystemdRuns({ title, gather }: Section, report: ServerSectionDeps['report']): Section {
  const whyNot = async (): Promise<string | undefined> => {
    const systemd = (await report()).capabilities.find(({ name }) => name === 'systemd');
    return systemd?.available ? undefined : (systemd?.detail ?? 'systemd was not found.');
  };
  return {
    title,
    gather: async () => {
      const missing = await whyNot();
      return missing === undefined ? gather() : `not available: ${missing}`;
    },
  };
}

function machine(report: ServerReport): string {
  return pairs({
    'host name': report.hostname,
    system: report.os,
    kernel: `${report.kernel} (${report.architecture})`,
    processors: `${report.cpus} x ${report.cpuModel || 'unknown'}`,
    memory: mebibytes(report.memoryBytes),
    addresses: report.addresses.join(', '),
    booted: report.bootedAt && timestampDate(report.bootedAt).toISOString(),
    nginx: report.nginxVersion || 'none',
    systemd: report.systemdVersion || 'none',
    Docker: report.dockerVersion || 'none',
    'sites are served at': `${report.httpPort} and ${report.httpsPort}`,
    'sites of others': report.foreignSites.length,
  });
}

function capabilities({ capabilities: list }: ServerReport): string {
  return list
    .map(({ name, available, detail }) => `${available ? 'yes' : 'no '} ${name}: ${detail}`)
    .join('\n');
}

function policy({ localPolicy }: ServerReport): string {
  if (!localPolicy) return 'This agent knows of none.';
  const { path, present, allowedRoots, packageInstalls, exec, selfUpdate, kinds, problem } = localPolicy;
  return pairs({
    file: present ? path : `${path} is not there: these are the defaults`,
    'why it does not count': problem,
    'allowed roots': allowedRoots.join(' ') || 'none',
    'package installs': packageInstalls,
    exec,
    'self-update': selfUpdate,
    kinds: kinds.join(' ') || 'every kind',
  });
}

function disks({ disks: list }: ServerReport): string {
  const lines = list.map(
    ({ mountPoint, fileSystem, sizeBytes, freeBytes }) =>
      `${mountPoint} (${fileSystem}): ${mebibytes(freeBytes)} of ${mebibytes(sizeBytes)} free`,
  );
  return lines.join('\n') || 'none were found';
}
