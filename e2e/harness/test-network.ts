import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { LAST_LINK, linkAddresses, type LinkAddresses, slotRanges } from './addresses';
import { runProgram } from './machine/program';
import { installMachinePackages } from './machine/machine-packages';
import { type ClaimedRun, claimRun } from './run-claim';
import { reapRun } from './run-reaper';

const IP = '/usr/sbin/ip';
const SET_SYSCTL = ['/usr/sbin/sysctl', '--quiet', '--write'];
const PARTITION_CHAIN = 'PARTITION';

/** The way that is cut, seen from the server: `in` is what it would receive, `out` what it sends. */
export type PartitionDirection = 'both' | 'in' | 'out';

/**
 * A network namespace with a tap device per server and a pair of links to the machine. Each server is on a link of
 * its own and the namespace routes between them, so that iptables sees all that goes to or from a server, the
 * traffic between two servers too (a bridge would pass it by).
 */
export class TestNetwork {
  readonly #run: ClaimedRun;
  readonly #channelPort: number;
  readonly #links = new Set<number>();

  private constructor(run: ClaimedRun, channelPort: number) {
    this.#run = run;
    this.#channelPort = channelPort;
  }

  /** Makes the namespace. `channelPort` is the harness's own TCP port on servers, which no partition cuts. */
  static async create(channelPort: number): Promise<TestNetwork> {
    await installMachinePackages();
    const network = new TestNetwork(await claimRun(), channelPort);
    try {
      await network.#makeNamespace();
      await network.#makePartitionChains();
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** The namespace's own address: servers reach by it what was started with spawn, and so does the machine. */
  get address(): string {
    return linkAddresses(this.#run.slot, 0).ours;
  }

  /** By this address servers reach what listens outside the namespace, such as the test process itself. */
  get machineAddress(): string {
    return linkAddresses(this.#run.slot, 0).theirs;
  }

  /** The same of IPv6. */
  get machineIpv6Address(): string {
    return linkAddresses(this.#run.slot, 0).ipv6Theirs;
  }

  /** Holds all files of the run; it goes when the run ends. */
  get folder(): string {
    return this.#run.folder;
  }

  get runId(): string {
    return this.#run.id;
  }

  /** The argument list that runs `argv` in the namespace, for callers that start processes in their own way. */
  inside(argv: readonly string[]): [string, ...string[]] {
    return [IP, 'netns', 'exec', this.#run.namespace, ...argv];
  }

  /** Starts a process in the namespace; its pid is the program's own. It is killed at the end of the run. */
  spawn(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [file, ...args] = this.inside(argv);
    return spawn(file, args, options);
  }

  /** Makes a tap device for a server. `name` is the device's. */
  async addLink(): Promise<{ name: string; index: number; addresses: LinkAddresses }> {
    const index = Array.from({ length: LAST_LINK }, (_, at) => at + 1).find((at) => !this.#links.has(at));
    if (index === undefined) throw new Error(`a test network has ${LAST_LINK} links, and all are taken`);
    this.#links.add(index);
    const name = `tap${index}`;
    const addresses = linkAddresses(this.#run.slot, index);
    await this.#ip([
      `tuntap add ${name} mode tap`,
      `address add ${addresses.ours}/${addresses.ipv4Length} dev ${name}`,
      `address add ${addresses.ipv6Ours}/${addresses.ipv6Length} dev ${name} nodad`,
      `link set ${name} up`,
    ]);
    return { name, index, addresses };
  }

  async removeLink(index: number): Promise<void> {
    await this.heal(`tap${index}`);
    await this.#ip([`link delete tap${index}`]);
    this.#links.delete(index);
  }

  /** Drops what goes over a link, both ways or one; the harness's own channel goes on. Adds up with earlier calls. */
  async partition(link: string, direction: PartitionDirection): Promise<void> {
    const rules = [
      ...(direction === 'in' ? [] : ['--in-interface']),
      ...(direction === 'out' ? [] : ['--out-interface']),
    ].map((side) => `--append ${PARTITION_CHAIN} ${side} ${link} --jump DROP`);
    await this.#filter(rules);
  }

  /** Ends every partition of a link. */
  async heal(link: string): Promise<void> {
    const listing = await runProgram(
      this.inside(['/usr/sbin/iptables', '--wait', '--list-rules', PARTITION_CHAIN]),
    );
    const rules = listing.split('\n').filter((rule) => rule.split(' ').includes(link));
    await this.#filter(rules.map((rule) => rule.replace(/^-A/, '--delete')));
  }

  /** Ends every process of the run, servers and all, and gives everything back. Safe to call again. */
  async close(): Promise<void> {
    await reapRun(this.#run.folder);
  }

  async #makeNamespace(): Promise<void> {
    const { namespace, machineLink, slot } = this.#run;
    const addresses = linkAddresses(slot, 0);
    const ranges = slotRanges(slot);
    await runProgram([IP, 'netns', 'add', namespace]);
    const forwarding = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'];
    // A container often has IPv6 switched off for new interfaces; these are ours.
    const ipv6 = (link: string) => `net.ipv6.conf.${link}.disable_ipv6=0`;
    await runProgram(this.inside([...SET_SYSCTL, ...forwarding, ipv6('all'), ipv6('default')]));
    await runProgram([IP, 'link', 'add', machineLink, 'type', 'veth', 'peer', 'machine', 'netns', namespace]);
    await runProgram([...SET_SYSCTL, ipv6(machineLink)]);
    await this.#ip([
      'link set lo up',
      `address add ${addresses.ours}/${addresses.ipv4Length} dev machine`,
      `address add ${addresses.ipv6Ours}/${addresses.ipv6Length} dev machine nodad`,
      'link set machine up',
    ]);
    await runProgram([IP, '-batch', '-'], {
      input: [
        `address add ${addresses.theirs}/${addresses.ipv4Length} dev ${machineLink}`,
        `address add ${addresses.ipv6Theirs}/${addresses.ipv6Length} dev ${machineLink} nodad`,
        `link set ${machineLink} up`,
        `route add ${ranges.ipv4} via ${addresses.ours}`,
        `route add ${ranges.ipv6} via ${addresses.ipv6Ours}`,
      ].join('\n'),
    });
  }

  async #makePartitionChains(): Promise<void> {
    const port = this.#channelPort;
    await this.#filter([
      `--new-chain ${PARTITION_CHAIN}`,
      ...['INPUT', 'FORWARD', 'OUTPUT'].map((chain) => `--append ${chain} --jump ${PARTITION_CHAIN}`),
      `--append ${PARTITION_CHAIN} --protocol tcp --match tcp --dport ${port} --jump ACCEPT`,
      `--append ${PARTITION_CHAIN} --protocol tcp --match tcp --sport ${port} --jump ACCEPT`,
    ]);
  }

  async #ip(commands: readonly string[]): Promise<void> {
    await runProgram([IP, '-netns', this.#run.namespace, '-batch', '-'], { input: commands.join('\n') });
  }

  /** All rules of one call take effect at once, for IPv4 and then for IPv6. */
  async #filter(rules: readonly string[]): Promise<void> {
    const input = ['*filter', ...rules, 'COMMIT', ''].join('\n');
    for (const tables of ['/usr/sbin/iptables-restore', '/usr/sbin/ip6tables-restore']) {
      await runProgram(this.inside([tables, '--noflush', '--wait']), { input });
    }
  }
}
