import { execFile } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CommandChannel, type ExecOptions, type ExecOutput } from './command-channel';
import { ConsoleLog } from './console-log';
import type { PartitionDirection, TestNetwork } from './test-network';
import { type KernelSettings, UmlKernel } from './uml-kernel';

const LISTENS = 'test-server: the command channel listens';
const BOOT_TIMEOUT_MS = 120_000;
const UNIT_POLL_MS = 100;
const FOLDERS = '/run/test-server/folders';
const BALLAST = '/ballast-of-the-test';

/** A program on the server ended with another code than 0. */
export class CommandFailed extends Error {
  constructor(
    server: string,
    argv: readonly string[],
    readonly output: ExecOutput,
  ) {
    const said = output.stderr.trim() || output.stdout.trim();
    super(`on ${server}, ${argv.join(' ')} ended with code ${output.code}: ${said}`);
    this.name = 'CommandFailed';
  }
}

/** A real Linux server for a test: systemd is PID 1, cgroup v2, its own kernel, disk, clock and address. */
export class TestServer {
  readonly name: string;
  readonly network: TestNetwork;
  readonly #settings: KernelSettings;
  readonly #linkIndex: number;
  readonly #channel: CommandChannel;
  readonly #console: ConsoleLog;
  readonly #onStopped: () => Promise<void>;
  #kernel: UmlKernel | undefined;

  /** Use bootServer. */
  constructor(
    network: TestNetwork,
    settings: KernelSettings,
    linkIndex: number,
    onStopped: () => Promise<void>,
  ) {
    this.name = settings.name;
    this.network = network;
    this.#settings = settings;
    this.#linkIndex = linkIndex;
    this.#channel = new CommandChannel(settings.addresses.theirs, settings.channelPort);
    this.#console = new ConsoleLog(settings.console);
    this.#onStopped = onStopped;
  }

  /** The IPv4 address, reachable from the namespace, from the machine and from other servers. */
  get address(): string {
    return this.#settings.addresses.theirs;
  }

  get ipv6Address(): string {
    return this.#settings.addresses.ipv6Theirs;
  }

  /** The address of the namespace as this server's route has it. */
  get gateway(): string {
    return this.#settings.addresses.ours;
  }

  /** Starts the kernel on the server's disk and waits until systemd has finished booting. */
  async powerOn(): Promise<void> {
    if (this.#kernel) throw new Error(`${this.name} is on already`);
    const offset = await this.#console.length();
    this.#kernel = await UmlKernel.start(this.network, this.#settings);
    await this.#waitForBoot(this.#kernel, offset);
  }

  /** Restarts the server in an orderly way: units are stopped, disks unmounted. Returns when it has booted. */
  async reboot(): Promise<void> {
    const kernel = this.#kernel;
    if (!kernel) throw new Error(`${this.name} is off`);
    // Switched off and on again: a kernel that restarts in its own process cannot open its network device twice.
    await this.run(['systemctl', 'poweroff']);
    await kernel.ended;
    await this.cutPower();
    await this.powerOn();
  }

  async #waitForBoot(kernel: UmlKernel, offset: number): Promise<void> {
    await this.#waitForChannel(kernel, offset);
    const { stdout } = await this.exec(['systemctl', 'is-system-running', '--wait'], {
      timeoutMs: BOOT_TIMEOUT_MS,
    });
    if (stdout.trim() === 'running') return;
    const failed = await this.exec(['systemctl', 'list-units', '--failed', '--no-legend', '--plain']);
    throw new Error(`${this.name} booted to "${stdout.trim()}": ${failed.stdout.trim()}`);
  }

  async #waitForChannel(kernel: UmlKernel, offset: number): Promise<void> {
    const giveUp = new AbortController();
    void kernel.ended.then(() => giveUp.abort(new Error(`the kernel of ${this.name} ended while booting`)));
    const late = setTimeout(
      () => giveUp.abort(new Error(`${this.name} did not boot in ${BOOT_TIMEOUT_MS / 1000} s`)),
      BOOT_TIMEOUT_MS,
    );
    await this.#console.waitFor(LISTENS, offset, giveUp.signal).finally(() => clearTimeout(late));
  }

  /** Cuts the power: nothing is told, nothing is flushed. What was fsynced is on the disk. */
  async cutPower(): Promise<void> {
    this.#channel.abandon(`${this.name} lost its power`);
    await this.#kernel?.kill();
    this.#kernel = undefined;
  }

  /** Cuts the power and switches it on again on the same disk; returns when the server has booted. */
  async powerLoss(): Promise<void> {
    await this.cutPower();
    await this.powerOn();
  }

  /**
   * Keeps the disk as it is now; the server must be off. Returns how to put it back, as a snapshot is: whatever the
   * server wrote since is gone.
   */
  async keepDisk(): Promise<() => Promise<void>> {
    if (this.#kernel) throw new Error(`${this.name} is on: its disk cannot be copied`);
    const { disk } = this.#settings;
    const kept = `${disk}.kept`;
    // What is not written yet is a hole in the file.
    await promisify(execFile)('cp', ['--sparse=always', '--', disk, kept]);
    return () => {
      if (this.#kernel) throw new Error(`${this.name} is on: its disk cannot be put back`);
      return rename(kept, disk);
    };
  }

  /** Ends the server for good and forgets its disk. */
  async stop(): Promise<void> {
    await this.cutPower();
    await this.network.removeLink(this.#linkIndex);
    await rm(this.#settings.disk, { force: true });
    await this.#onStopped();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Runs a program to its end as root; no shell, `argv[0]` is looked up in PATH. Any exit code is an answer. */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecOutput> {
    const output = await this.#channel.exec(argv, options);
    return { ...output, stdout: output.stdout.toString(), stderr: output.stderr.toString() };
  }

  /** Like exec, and any code but 0 is a CommandFailed. Returns stdout. */
  async run(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    const output = await this.exec(argv, options);
    if (output.code !== 0) throw new CommandFailed(this.name, argv, output);
    return output.stdout;
  }

  async readFile(path: string): Promise<string> {
    return this.run(['cat', '--', path]);
  }

  /** Writes a file and the folders above it. `mode` is octal text such as "0644". Not synced to the disk. */
  async writeFile(path: string, content: string | Uint8Array, mode = '0644'): Promise<void> {
    await this.run(['install', '-D', '--mode', mode, '/dev/stdin', path], { input: content });
  }

  /**
   * Mounts a folder of this machine read-only, and returns where. Nothing is copied: tens of megabytes are
   * there at once. The mount goes with a power loss.
   */
  async mountDirectory(machineFolder: string): Promise<string> {
    const place = `${FOLDERS}/${Buffer.from(machineFolder).toString('hex').slice(-200)}`;
    if ((await this.exec(['mountpoint', '--quiet', place])).code === 0) return place;
    await this.run(['mkdir', '--parents', place]);
    await this.run(['mount', '-t', 'hostfs', '-o', `ro,${machineFolder}`, 'none', place]);
    return place;
  }

  /** Copies a folder of this machine into the server's disk, owned by root, modes and links kept. */
  async putDirectory(machineFolder: string, path: string): Promise<void> {
    const place = await this.mountDirectory(machineFolder);
    await this.run(['mkdir', '--parents', path]);
    const kept = '--preserve=mode,timestamps,links';
    await this.run(['cp', '--recursive', kept, '--no-target-directory', place, path]);
  }

  /** Waits until a unit is in a state (ActiveState of systemd). A unit that fails instead ends the wait. */
  async waitForUnit(unit: string, state = 'active', timeoutMs = 30_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const now = (await this.run(['systemctl', 'show', '--property=ActiveState', '--value', unit])).trim();
      if (now === state) return;
      if (now === 'failed' || Date.now() > deadline) {
        const journal = await this.journal({ unit, lines: 40 });
        throw new Error(`on ${this.name}, ${unit} is ${now} and not ${state}:\n${journal}`);
      }
      await delay(UNIT_POLL_MS);
    }
  }

  /** The journal of this boot, oldest first, one entry a line. */
  async journal(filter: { unit?: string; lines?: number } = {}): Promise<string> {
    return this.run([
      'journalctl',
      '--boot',
      '--no-pager',
      '--quiet',
      ...(filter.unit === undefined ? [] : [`--unit=${filter.unit}`]),
      ...(filter.lines === undefined ? [] : [`--lines=${filter.lines}`]),
    ]);
  }

  async consoleLog(): Promise<string> {
    return this.#console.read();
  }

  /** Cuts the server off; exec and the like go on working. See TestNetwork.partition. */
  async partition(options: { direction: PartitionDirection } = { direction: 'both' }): Promise<void> {
    await this.network.partition(this.#settings.link, options.direction);
  }

  async heal(): Promise<void> {
    await this.network.heal(this.#settings.link);
  }

  /** Moves the server's clock by seconds, back if negative. The next boot takes the machine's time again. */
  async moveClock(offsetSeconds: number): Promise<void> {
    await this.run(['date', '--set', `${offsetSeconds} seconds`]);
  }

  /** Fills the root file system to its last block, journal and all. */
  async fillDisk(): Promise<void> {
    const [, available = ''] = (await this.run(['df', '--output=avail', '-B1', '/'])).trim().split('\n');
    const quick = Number(available) - 64 * 1024 * 1024;
    if (quick > 0) await this.run(['fallocate', '--length', String(quick), BALLAST]);
    // The last blocks one by one, until there is no space: dd ends with code 1 then.
    for (const size of ['bs=1M', 'bs=4k']) {
      await this.exec(['dd', 'if=/dev/zero', `of=${BALLAST}`, size, 'oflag=append', 'conv=notrunc,fsync']);
    }
  }

  async freeDisk(): Promise<void> {
    await this.run(['rm', '--force', BALLAST]);
  }

  /** Memory of this machine that the server uses, in bytes. */
  async residentBytes(): Promise<number> {
    return this.#kernel?.residentBytes() ?? 0;
  }
}
