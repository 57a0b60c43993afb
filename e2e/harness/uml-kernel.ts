import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile } from 'node:fs/promises';
import { killUntilNone } from './run-reaper';
import type { LinkAddresses } from './addresses';
import type { TestNetwork } from './test-network';

export interface KernelSettings {
  readonly name: string;
  readonly memoryMebibytes: number;
  /** Shared and read-only. */
  readonly image: string;
  /** Holds what differs from the image; it is the server's disk, and survives a power loss. */
  readonly disk: string;
  readonly console: string;
  readonly link: string;
  readonly addresses: LinkAddresses;
  readonly channelPort: number;
}

/** The processes of one running User Mode Linux kernel. */
export class UmlKernel {
  readonly #process: ChildProcess;
  /** Settles when the kernel has ended by itself or by kill. */
  readonly ended: Promise<void>;

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.ended = once(process, 'exit').then(() => undefined);
  }

  static async start(network: TestNetwork, settings: KernelSettings): Promise<UmlKernel> {
    const console = await open(settings.console, 'a');
    try {
      // A session of its own: its id finds every process of this kernel, also after the first one is gone.
      const child = network.spawn(['/usr/bin/linux.uml', ...kernelArguments(network, settings)], {
        detached: true,
        stdio: ['ignore', console.fd, console.fd],
      });
      await once(child, 'spawn');
      return new UmlKernel(child);
    } finally {
      await console.close();
    }
  }

  /** Resident memory of the kernel and everything that runs on it, in bytes, shared pages counted once each. */
  async residentBytes(): Promise<number> {
    const pids = await listSessionPids(this.#process.pid ?? -1);
    const sizes = await Promise.all(pids.map(readProportionalBytes));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Kills at once what a power switch would stop. Killing the first process alone would leave the disk locked. */
  async kill(): Promise<void> {
    const session = this.#process.pid;
    if (session !== undefined) await killUntilNone(() => listSessionPids(session));
    await this.ended;
  }
}

function kernelArguments(network: TestNetwork, settings: KernelSettings): string[] {
  const { addresses } = settings;
  return [
    `mem=${settings.memoryMebibytes}M`,
    `umid=${settings.name}`,
    `uml_dir=${network.folder}`,
    'root=/dev/ubda',
    'rw',
    `ubd0=${settings.disk},${settings.image}`,
    `vec0:transport=tap,ifname=${settings.link},depth=128,gro=1`,
    'con0=null,fd:1',
    'con=null',
    'ssl=null',
    `test_server.name=${settings.name}`,
    `test_server.port=${settings.channelPort}`,
    `test_server.ipv4=${addresses.theirs}/${addresses.ipv4Length},${addresses.ours}`,
    `test_server.ipv6=${addresses.ipv6Theirs}/${addresses.ipv6Length},${addresses.ipv6Ours}`,
  ];
}

async function listSessionPids(session: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const sessions = await Promise.all(pids.map(readLiveSession));
  return pids.filter((_, index) => sessions[index] === session);
}

/** The session of a process that is not a zombie: one that nobody has waited for yet holds nothing any more. */
async function readLiveSession(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? undefined : Number(session);
}

async function readProportionalBytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
}
