import { create } from '@bufbuild/protobuf';
import {
  UpstreamHealthSchema,
  type HealthCheck,
  type SiteSpec,
  type Upstream,
  type UpstreamHealth,
} from '@ostler/contracts';
import { messageOf, pause, type Clock, type Timer } from '@ostler/kernel';
import type { Net } from '../../host/net';
import { parseAddress } from './check/networks';
import { addressProblem } from './check/upstreams';
import { judge, newHealth, type AddressHealth } from './health';
import type { SiteInputs } from './inputs';
import type { SitePolicy } from './policy';

/** Names are asked again this often; the server's own resolver caches by the record's lifetime. */
const RESOLVE_MS = 15_000;
/** A resolver that is down must not hold up the first render. */
const FIRST_RESOLVE_MS = 3_000;
/** One site is rendered again for its upstreams at most this often. */
const LEAST_BETWEEN_WAKES_MS = 2_000;

interface WatchedServer {
  readonly upstream: Upstream;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly backup: boolean;
  addresses: Map<string, AddressHealth>;
  /** Why there is no address, or not every one. */
  problem: string;
}

interface WatchedSite {
  readonly key: string;
  readonly servers: readonly WatchedServer[];
  readonly timers: Set<Timer>;
  readonly wake: () => void;
  lastWakeMs: number;
  waking: Timer | undefined;
  /** The first render has taken what was known: from now on changes wake the site. */
  settled: boolean;
  ended: boolean;
}

export interface UpstreamWatchOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly policy: () => SitePolicy;
}

/**
 * Resolves and probes the upstreams of every site: nginx itself resolves a name once at start and has no
 * active checks. A change wakes the site, which is then rendered again.
 */
export class UpstreamWatch {
  private readonly sites = new Map<string, WatchedSite>();

  constructor(private readonly options: UpstreamWatchOptions) {}

  /** Begins or goes on; resolves when every name has been asked for once, or after three seconds. */
  async follow(uid: string, spec: SiteSpec, wake: () => void): Promise<void> {
    const key = JSON.stringify(spec.upstreams, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    if (this.sites.get(uid)?.key === key) return;
    this.forget(uid);
    if (spec.upstreams.length === 0) return;
    const servers = spec.upstreams.flatMap((upstream) =>
      upstream.servers.map(({ host, port, weight, backup }) => {
        return {
          upstream,
          host,
          port,
          weight: Math.max(1, weight),
          backup,
          addresses: new Map(),
          problem: '',
        };
      }),
    );
    const site: WatchedSite = {
      key,
      servers,
      timers: new Set(),
      wake,
      lastWakeMs: -Infinity,
      waking: undefined,
      settled: false,
      ended: false,
    };
    this.sites.set(uid, site);
    const all = Promise.all(servers.map((server) => this.resolve(site, server)));
    await Promise.race([all, pause(this.options.clock, FIRST_RESOLVE_MS)]);
    site.settled = true;
  }

  forget(uid: string): void {
    const site = this.sites.get(uid);
    if (!site) return;
    site.ended = true;
    site.waking?.cancel();
    for (const timer of site.timers) timer.cancel();
    this.sites.delete(uid);
  }

  stop(): void {
    for (const uid of this.sites.keys()) this.forget(uid);
  }

  addresses(uid: string): SiteInputs['upstreams'] {
    const found: Record<string, SiteInputs['upstreams'][string][number][]> = {};
    for (const { upstream, port, weight, backup, addresses } of this.sites.get(uid)?.servers ?? []) {
      const list = (found[upstream.name] ??= []);
      for (const [address, { healthy }] of addresses) list.push({ address, port, weight, backup, healthy });
    }
    return found;
  }

  health(uid: string): UpstreamHealth[] {
    return (this.sites.get(uid)?.servers ?? []).map((server) => {
      const states = [...server.addresses.values()];
      const message = server.problem || (states.find((state) => !state.healthy)?.message ?? '');
      const healthy = server.problem === '' && states.length > 0 && states.every((state) => state.healthy);
      return create(UpstreamHealthSchema, {
        upstream: server.upstream.name,
        host: server.host,
        port: server.port,
        addresses: [...server.addresses.keys()],
        healthy,
        message: healthy ? '' : message,
      });
    });
  }

  private async resolve(site: WatchedSite, server: WatchedServer): Promise<void> {
    const isName = parseAddress(server.host) === undefined;
    const [addresses, problem] = await this.lookUp(server, isName);
    if (site.ended) return;
    const before = [...server.addresses.keys()].join(' ');
    // What resolved once goes on when the resolver is down: stale is better than nothing.
    if (addresses.length > 0) this.replace(site, server, addresses);
    const changed = before !== [...server.addresses.keys()].join(' ') || problem !== server.problem;
    server.problem = problem;
    if (site.settled && changed) this.wakeSoon(site);
    if (isName) this.later(site, RESOLVE_MS, () => void this.resolve(site, server));
  }

  private async lookUp({ host, port }: WatchedServer, isName: boolean): Promise<[readonly string[], string]> {
    const { net, policy } = this.options;
    try {
      const found = isName ? await net.resolve(host) : [host];
      const problems = found.map((address) => addressProblem(address, port, policy(), net.ownAddresses()));
      const allowed = found.filter((_, index) => problems[index] === undefined);
      const problem = problems.find((text) => text !== undefined);
      return [allowed, problem === undefined ? '' : `${host} is refused: ${problem}`];
    } catch (error) {
      return [[], messageOf(error)];
    }
  }

  private replace(site: WatchedSite, server: WatchedServer, addresses: readonly string[]): void {
    const next = new Map(addresses.map((address) => [address, server.addresses.get(address) ?? newHealth()]));
    const added = addresses.filter((address) => !server.addresses.has(address));
    server.addresses = next;
    const check = server.upstream.healthCheck;
    if (check) for (const address of added) void this.probe(site, server, address, check);
  }

  private async probe(
    site: WatchedSite,
    server: WatchedServer,
    address: string,
    check: HealthCheck,
  ): Promise<void> {
    const health = server.addresses.get(address);
    if (site.ended || !health) return;
    const outcome = await this.options.net.probe({
      address,
      port: server.port,
      path: check.path,
      host: server.host,
      tls: server.upstream.https,
      timeoutMs: (check.timeoutSeconds || 2) * 1000,
    });
    if (site.ended || server.addresses.get(address) !== health) return;
    const next = judge(health, outcome, check);
    server.addresses.set(address, next);
    if (next.healthy !== health.healthy) this.wakeSoon(site);
    this.later(
      site,
      (check.intervalSeconds || 5) * 1000,
      () => void this.probe(site, server, address, check),
    );
  }

  private later(site: WatchedSite, delayMs: number, run: () => void): void {
    if (site.ended) return;
    const timer = this.options.clock.after(delayMs, () => {
      site.timers.delete(timer);
      run();
    });
    site.timers.add(timer);
  }

  private wakeSoon(site: WatchedSite): void {
    if (site.waking || site.ended) return;
    const { clock } = this.options;
    const delayMs = Math.max(0, site.lastWakeMs + LEAST_BETWEEN_WAKES_MS - clock.monotonic());
    site.waking = clock.after(delayMs, () => {
      site.waking = undefined;
      site.lastWakeMs = clock.monotonic();
      site.wake();
    });
  }
}
