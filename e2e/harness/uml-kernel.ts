import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { killUntilNone } from './run-reaper';
import type { LinkAddresses } from './addresses';
import type { TestNetwork } from './test-network';

/** The kernel keeps a server's memory in a file without a name here: never on a disk, whatever TMPDIR says. */
const MEMORY_FOLDER = '/dev/shm';

/** The unit of st_blocks, whatever the file system. */
const BLOCK_BYTES = 512;

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
        env: { ...process.env, TMPDIR: MEMORY_FOLDER },
        stdio: ['ignore', console.fd, console.fd],
      });
      await once(child, 'spawn');
      return new UmlKernel(child);
    } finally {
      await console.close();
    }
  }

  /** Memory of this machine that the server holds, in bytes: its memory is one file, given out page by page. */
  async residentBytes(): Promise<number> {
    const folder = `/proc/${this.#process.pid ?? 'none'}/fd`;
    for (const name of await readdir(folder)) {
      const target = await readlink(`${folder}/${name}`).catch(() => '');
      if (target.startsWith(`${MEMORY_FOLDER}/`))
        return (await stat(`${folder}/${name}`)).blocks * BLOCK_BYTES;
    }
    throw new Error('the kernel has no memory file open');
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
