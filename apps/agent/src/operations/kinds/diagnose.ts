import { OperationReport_State as State, type ServerReport } from '@ostler/contracts';
import { messageOf } from '@ostler/kernel';
import type { BinaryPath, Exec } from '../../host/exec';
import type { Files } from '../../host/fs';
import type { FoundNginx } from '../../host/nginx/port';
import type { OperationContext, OperationKind } from '../operation.port';

export interface DiagnoseDeps {
  readonly files: Files;
  readonly exec: Exec;
  readonly find: () => Promise<FoundNginx>;
  readonly report: () => Promise<ServerReport>;
  /** What the agent holds, in a few lines. */
  readonly holdings: () => string;
  readonly stateFolder: string;
}

const COMMANDS: readonly {
  readonly title: string;
  readonly binary: BinaryPath;
  readonly args: readonly string[];
}[] = [
  { title: 'Units that failed', binary: '/usr/bin/systemctl', args: ['--failed', '--no-pager', '--plain'] },
  { title: 'Listeners', binary: '/usr/bin/ss', args: ['-lntup'] },
  { title: 'Disks', binary: '/usr/bin/df', args: ['-hPT'] },
  { title: 'Memory', binary: '/usr/bin/free', args: ['-m'] },
];
const FILES = ['/etc/os-release', '/proc/version', '/proc/loadavg', '/proc/uptime'];
const LOG_TAIL_BYTES = 16_384;

/** Gathers facts that explain most troubles. Each that cannot be had says why, and the rest goes on. */
export function diagnose(deps: DiagnoseDeps): OperationKind {
  return {
    case: 'diagnose',
    run: async (context) => {
      const sections = sectionsOf(deps);
      for (const [index, { title, gather }] of sections.entries()) {
        context.signal.throwIfAborted();
        context.progress(Math.round((100 * index) / sections.length), title);
        await say(context, title, gather);
      }
      return { state: State.SUCCEEDED, message: `${sections.length} sections were gathered.` };
    },
  };
}

interface Section {
  readonly title: string;
  readonly gather: () => Promise<string>;
}

function sectionsOf(deps: DiagnoseDeps): Section[] {
  const { exec, files } = deps;
  return [
    { title: 'Capabilities', gather: async () => capabilities(await deps.report()) },
    { title: 'What the agent holds', gather: () => Promise.resolve(deps.holdings()) },
    {
      title: 'Free space of the agent',
      gather: async () => `${await files.freeBytes(deps.stateFolder)} bytes`,
    },
    ...FILES.map((path) => ({ title: path, gather: () => readText(files, path) })),
    ...COMMANDS.map(({ title, binary, args }) => ({
      title,
      gather: async () => {
        const { stdout, stderr } = await exec.run({
          binary,
          args,
          timeoutMs: 10_000,
          mostOutputBytes: 65_536,
        });
        return stdout + stderr;
      },
    })),
    { title: "Tail of nginx's error log", gather: () => errorLogTail(deps) },
  ];
}

async function say(context: OperationContext, title: string, gather: () => Promise<string>): Promise<void> {
  const text = await gather().catch((error: unknown) => `not available: ${messageOf(error)}`);
  await context.say(`== ${title}\n${text.trimEnd()}\n\n`);
}

function capabilities({ capabilities: list, nginxVersion, systemdVersion }: ServerReport): string {
  const lines = list.map(({ name, available, detail }) => `${available ? 'yes' : 'no '} ${name}: ${detail}`);
  return [...lines, `nginx ${nginxVersion || '-'}, systemd ${systemdVersion || '-'}`].join('\n');
}

/** Files of /proc have no size, so they are read as a piece. */
async function readText(files: Files, path: string): Promise<string> {
  return Buffer.from((await files.readPiece(path, 0, 4096)) ?? []).toString('utf8');
}

async function errorLogTail({ files, find }: DiagnoseDeps): Promise<string> {
  const found = await find();
  if (!found.found) return found.message;
  const { errorLogPath } = found.runtime;
  const size = (await files.state(errorLogPath))?.size ?? 0;
  const tail = await files.readPiece(errorLogPath, Math.max(0, size - LOG_TAIL_BYTES), LOG_TAIL_BYTES);
  return Buffer.from(tail ?? []).toString('utf8');
}
