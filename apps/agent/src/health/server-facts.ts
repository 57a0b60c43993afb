import * as os from 'node:os';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  DiskReportSchema,
  ForeignSiteReportSchema,
  ServerReportSchema,
  type ForeignSiteReport,
  type ServerReport,
} from '@ostler/contracts';
import { messageOf, type Clock, type Timer } from '@ostler/kernel';
import type { Disk, Machine } from '../host/machine';
import type { ForeignServer } from '../host/nginx/port';
import type { Log } from '../telemetry';
import type { Capability, Probe } from './probe.port';
import { steadyDisks } from './steady-disks';
import { capabilityProbes, type ProbeDeps } from './probes';

const LOOK_AGAIN_MS = 3 * 60_000;
const MOST_FOREIGN_SITES = 1000;
const MOST_DISKS = 64;

export interface ServerFactsDeps extends ProbeDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly machine: Machine;
  /** Looks for nginx again when it was missing. */
  readonly refreshNginx: () => Promise<unknown>;
  readonly changed: () => void;
}

/** What this server is and can do, looked at every few minutes; whoever listens hears of changes only. */
export class ServerFacts {
  private readonly probes: readonly Probe[];
  private last: ServerReport | undefined;
  private disks: readonly Disk[] = [];
  private timer: Timer | undefined;

  constructor(private readonly deps: ServerFactsDeps) {
    this.probes = capabilityProbes(deps);
  }

  async report(): Promise<ServerReport> {
    return this.last ?? this.refresh();
  }

  /** Looks now, and again later by itself. */
  async refresh(): Promise<ServerReport> {
    this.timer?.cancel();
    this.timer = this.deps.clock.after(LOOK_AGAIN_MS, () => void this.refreshLater());
    await this.deps.refreshNginx();
    const before = this.last;
    this.last = await this.gather();
    if (before && textOf(before) !== textOf(this.last)) this.deps.changed();
    return this.last;
  }

  stop(): void {
    this.timer?.cancel();
  }

  private async refreshLater(): Promise<void> {
    try {
      await this.refresh();
    } catch (error) {
      this.deps.log.warn('the server could not be looked at', { error });
    }
  }

  private async gather(): Promise<ServerReport> {
    const capabilities = await Promise.all(this.probes.map((probe) => probe().catch(unknownCapability)));
    const found = this.deps.nginx();
    const runtime = found.found ? found.runtime : undefined;
    const systemd = capabilities.find(({ name }) => name === 'systemd');
    this.disks = steadyDisks(this.disks, await this.orNothing('disks', () => this.deps.machine.disks(), []));
    return create(ServerReportSchema, {
      ...machine(this.deps.clock.now()),
      os: await this.prettyName(),
      capabilities,
      nginxVersion: runtime?.version ?? '',
      disks: this.disks.slice(0, MOST_DISKS).map((disk) => create(DiskReportSchema, disk)),
      dockerVersion: await this.orNothing('Docker', () => this.deps.machine.dockerVersion(), ''),
      systemdVersion: systemd?.available ? systemd.detail : '',
      httpPort: runtime?.httpPort ?? 0,
      httpsPort: runtime?.httpsPort ?? 0,
      foreignSites: await this.foreignSites(),
    });
  }

  /** What cannot be looked at is left out of the report, not the report with it. */
  private async orNothing<T>(what: string, look: () => Promise<T>, nothing: T): Promise<T> {
    try {
      return await look();
    } catch (error) {
      this.deps.log.warn(`${what} could not be looked at`, { error: messageOf(error) });
      return nothing;
    }
  }

  private async foreignSites(): Promise<ForeignSiteReport[]> {
    const found = this.deps.nginx();
    if (!found.found) return [];
    try {
      const { servers } = await found.runtime.readForeign();
      return servers.slice(0, MOST_FOREIGN_SITES).map(toForeignSite);
    } catch (error) {
      this.deps.log.warn('the configuration of others could not be read', { error: messageOf(error) });
      return [];
    }
  }

  /** os-release(5). */
  private async prettyName(): Promise<string> {
    const text = Buffer.from((await this.deps.files.readPiece('/etc/os-release', 0, 4096)) ?? []).toString(
      'utf8',
    );
    const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1];
    return (name ?? os.type()).slice(0, 200);
  }
}

function machine(nowMs: number) {
  const interfaces = Object.values(os.networkInterfaces()).flatMap((list) => list ?? []);
  const addresses = interfaces
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address }) => address);
  // To the minute: the uptime has its own rounding, and this is no change.
  const bootedMs = Math.round((nowMs - os.uptime() * 1000) / 60_000) * 60_000;
  return {
    hostname: os.hostname().slice(0, 253),
    kernel: os.release().slice(0, 200),
    // As uname says it, which is how packages of the agent are named.
    architecture: os.machine(),
    cpus: os.cpus().length,
    cpuModel: (os.cpus()[0]?.model ?? '').trim().slice(0, 200),
    memoryBytes: BigInt(os.totalmem()),
    addresses: [...new Set(addresses)].sort().slice(0, 64),
    bootedAt: timestampFromMs(bootedMs),
  };
}

function toForeignSite({ names, listens, file, line }: ForeignServer): ForeignSiteReport {
  return create(ForeignSiteReportSchema, {
    serverNames: [...names],
    listens: listens.map(({ address, port, tls }) => `${address}:${port}${tls ? ' tls' : ''}`),
    file,
    line,
  });
}

function unknownCapability(error: unknown): Capability {
  return { name: 'unknown', available: false, detail: `A look at the server failed: ${messageOf(error)}.` };
}

function textOf(report: ServerReport): string {
  return JSON.stringify({ ...report, bootedAt: undefined }, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
