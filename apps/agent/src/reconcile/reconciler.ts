import { ErrorReason, Kind, type Tombstone } from '@ostler/contracts';
import { AppError, type Clock, type ResourceUid } from '@ostler/kernel';
import { failpoint } from '../failpoints';
import type { HeldEntry, ManifestChange, Store } from '../store';
import type { Log } from '../telemetry';
import { conditionOfError, notReady, stampConditions } from './conditions';
import type { Driver, DriverContext, PlacedResource, Reconciled } from './driver.port';
import { OutputBoard } from './output-board';
import { PlacedResources } from './placed-resources';
import { ReconcileQueue, type Place } from './queue';
import { releasesInUse } from './releases-in-use';
import { StatusReports } from './status-reports';

/**
 * Everything is looked at again about this often: drift is found, lost wake-ups are made good. Half of it to one and
 * a half, so that what was applied in one go is not looked at in one go ever after.
 */
const LOOK_AGAIN_MS = 60_000;
const AT_ONCE = 16;

export interface ReconcilerDeps {
  readonly store: Store;
  readonly drivers: readonly Driver[];
  readonly clock: Clock;
  readonly log: Log;
  readonly release: (digest: string) => Promise<string>;
  readonly statusChanged: () => void;
  readonly random?: () => number;
  /** Why the local policy does not allow a kind here; undefined when it does. */
  readonly refusesKind?: (kind: Kind) => string | undefined;
}

/** Makes the stored manifest so, and keeps it so, whether or not there is a control plane. */
export class Reconciler {
  private readonly drivers: ReadonlyMap<Kind, Driver>;
  private readonly queue: ReconcileQueue;
  private readonly placed: PlacedResources;
  private readonly outputs: OutputBoard;
  private readonly reports: StatusReports;

  constructor(private readonly deps: ReconcilerDeps) {
    const { store, clock, log, random } = deps;
    this.drivers = new Map(deps.drivers.map((driver) => [driver.kind, driver]));
    this.placed = new PlacedResources(store.ledger);
    this.outputs = new OutputBoard(store.outputs);
    this.reports = new StatusReports({ outbox: store.statuses, clock, log, changed: deps.statusChanged });
    this.queue = new ReconcileQueue({
      clock,
      limit: AT_ONCE,
      random,
      run: (uid, signal, place) => this.run(uid, signal, place),
      failed: (uid, error, retryInMs) => log.warn('a resource failed', { uid, error, retryInMs }),
    });
  }

  /** Wakes everything that the store holds. */
  start(): void {
    const { ledger } = this.deps.store;
    for (const { tombstone, done } of ledger.tombstones()) {
      if (done) this.reportRemoved(tombstone);
      else this.queue.wake(tombstone.uid);
    }
    for (const { uid } of ledger.entries()) this.queue.wake(uid);
  }

  /** A manifest was stored: wakes what it changed. A tombstone ends the run that its resource is in. */
  manifestStored(before: ReadonlyMap<string, string>, change: ManifestChange): void {
    this.placed.refresh();
    for (const { uid } of change.tombstones) {
      const held = this.deps.store.ledger.tombstone(uid);
      if (held?.done) {
        this.reportRemoved(held.tombstone);
        continue;
      }
      this.queue.interrupt(uid);
      this.queue.wake(uid);
    }
    for (const entry of this.deps.store.ledger.entries()) {
      if (before.get(entry.uid) !== this.versionOf(entry)) this.queue.wake(entry.uid);
    }
  }

  /** What `manifestStored` compares with: a text for each resource that changes with what is asked of it. */
  versions(): Map<string, string> {
    const versions = new Map<string, string>();
    for (const entry of this.deps.store.ledger.entries()) versions.set(entry.uid, this.versionOf(entry));
    return versions;
  }

  wake(uid: string): void {
    this.queue.wake(uid);
  }

  /** Writes the reports that wait for their batch. */
  flushReports(): void {
    this.reports.flush();
  }

  /** Releases that must stay on this server, and how many sites there are. */
  releases(): { readonly inUse: Set<string>; readonly sites: number } {
    const sites = this.placed.ofKind(Kind.SITE);
    return { inUse: releasesInUse(sites, this.reports.all()), sites: sites.length };
  }

  settled(): Promise<void> {
    return this.queue.settled();
  }

  stop(): void {
    this.queue.stop();
    this.reports.flush();
  }

  driver(kind: Kind): Driver {
    const driver = this.drivers.get(kind);
    if (driver) return driver;
    throw new AppError(
      ErrorReason.AGENT_TOO_OLD,
      `This agent has no driver for kind ${kind}; update the agent on this server.`,
    );
  }

  /** What a driver may reach; `parked` waits in place where there is no queue (a preview). */
  context(place: Place = { parked: (wait) => wait() }): DriverContext {
    const { store, clock, log, release } = this.deps;
    return {
      clock,
      log: (line, fields) => log.info(line, fields),
      secret: (uid, version) => store.secrets.value(uid, version),
      output: (uid) => this.outputs.get(uid),
      placed: (kind) => this.placed.ofKind(kind),
      release,
      parked: (wait) => place.parked(wait),
      wake: (uid) => this.queue.wake(uid),
    };
  }

  private versionOf({ accepted, refused, placed }: HeldEntry): string {
    const { epoch } = this.deps.store.ledger.fence();
    const edges = accepted?.edges.map(({ uid }) => uid);
    const body = accepted && Buffer.from(accepted.bodySha256).toString('hex');
    return [
      epoch,
      placed,
      accepted?.generation,
      body,
      edges,
      refused?.entry.generation,
      refused?.message,
    ].join(' ');
  }

  private async run(uid: string, signal: AbortSignal, place: Place): Promise<number | undefined> {
    const { ledger } = this.deps.store;
    const pending = ledger.tombstone(uid);
    if (pending && !pending.done) {
      await this.remove(pending.tombstone, signal, place);
      return undefined;
    }
    const entry = ledger.entry(uid);
    if (!entry) return undefined;
    const resource = this.placed.get(uid);
    if (!resource) {
      this.reportRefused(entry);
      return undefined;
    }
    const forbidden = this.deps.refusesKind?.(resource.kind);
    if (forbidden !== undefined) {
      this.reportForbidden(entry, resource, forbidden);
      return this.lookAgainMs();
    }
    failpoint('reconcile.before-driver');
    const outcome = await this.reconcile(entry, resource, signal, place);
    return Math.min(outcome.wakeAfterMs ?? Infinity, this.lookAgainMs());
  }

  private async reconcile(
    entry: HeldEntry,
    resource: PlacedResource,
    signal: AbortSignal,
    place: Place,
  ): Promise<Reconciled> {
    try {
      const outcome = await this.driver(resource.kind).reconcile(resource, this.context(place), signal);
      failpoint('reconcile.after-driver');
      this.publish(resource.uid, outcome);
      this.report(entry, resource, outcome);
      return outcome;
    } catch (error) {
      if (!signal.aborted) this.reportFailure(entry, resource, error);
      throw error;
    }
  }

  private publish(uid: ResourceUid, { output }: Reconciled): void {
    if (!this.outputs.publish(uid, output)) return;
    failpoint('reconcile.output-stored');
    for (const dependant of this.placed.dependants(uid)) this.queue.wake(dependant);
  }

  private report({ refused }: HeldEntry, resource: PlacedResource, outcome: Reconciled): void {
    const generation = refused?.entry.generation ?? resource.generation;
    const others = outcome.conditions.filter(({ type }) => type !== 'Ready');
    const conditions = refused ? [notReady(refused.reason, refused.message), ...others] : outcome.conditions;
    this.reports.report({
      uid: resource.uid,
      kind: resource.kind,
      observedGeneration: generation,
      observedEpoch: resource.epoch,
      conditions: this.stamp(resource.uid, conditions, generation),
      drift: [...(outcome.drift ?? [])],
      detail: outcome.detail,
    });
  }

  /** What the driver said before stays said, but Ready. */
  private reportFailure(entry: HeldEntry, resource: PlacedResource, error: unknown): void {
    const before = this.reports.of(resource.uid);
    const others = before?.conditions.filter(({ type }) => type !== 'Ready') ?? [];
    const detail = before?.detail.case === undefined ? undefined : before.detail;
    const conditions = [conditionOfError(error), ...others];
    this.report(entry, resource, { conditions, drift: before?.drift, detail });
  }

  /** Nothing of it is touched: what it served before goes on. */
  private reportForbidden(entry: HeldEntry, resource: PlacedResource, message: string): void {
    const before = this.reports.of(resource.uid);
    const detail = before?.detail.case === undefined ? undefined : before.detail;
    this.report(entry, resource, { conditions: [notReady('POLICY_REFUSED', message)], detail });
  }

  private reportRefused({ uid, refused }: HeldEntry): void {
    if (!refused) return;
    const { entry, reason, message } = refused;
    this.reports.report({
      uid,
      kind: entry.kind,
      observedGeneration: entry.generation,
      observedEpoch: this.deps.store.ledger.fence().epoch,
      conditions: this.stamp(uid, [notReady(reason, message)], entry.generation),
    });
  }

  private async remove(tombstone: Tombstone, signal: AbortSignal, place: Place): Promise<void> {
    const { uid, kind, generation } = tombstone;
    try {
      failpoint('reconcile.before-remove');
      await this.driver(kind).remove(uid as ResourceUid, this.context(place), signal);
      failpoint('reconcile.after-remove');
    } catch (error) {
      const observedEpoch = this.deps.store.ledger.fence().epoch;
      const conditions = this.stamp(uid, [conditionOfError(error)], generation);
      this.reports.report({ uid, kind, observedGeneration: generation, observedEpoch, conditions });
      throw error;
    }
    const dependants = this.placed.dependants(uid);
    this.deps.store.transaction(() => {
      this.deps.store.ledger.finishTombstone(uid);
      this.reportRemoved(tombstone);
      this.reports.flush();
    });
    this.outputs.forget(uid);
    this.placed.refresh();
    for (const dependant of dependants) this.queue.wake(dependant);
  }

  /** Said again at each start and in each epoch: a restored control plane may have forgotten it. */
  private reportRemoved({ uid, kind, generation }: Tombstone): void {
    const observedEpoch = this.deps.store.ledger.fence().epoch;
    this.reports.report({ uid, kind, observedGeneration: generation, observedEpoch, removed: true });
  }

  private stamp(uid: string, conditions: Reconciled['conditions'], generation: bigint) {
    return stampConditions(
      this.reports.of(uid)?.conditions ?? [],
      conditions,
      generation,
      this.deps.clock.now(),
    );
  }

  private lookAgainMs(): number {
    // Whole seconds: timers of the same length share a list.
    return Math.round((LOOK_AGAIN_MS * (0.5 + (this.deps.random ?? Math.random)())) / 1000) * 1000;
  }
}
