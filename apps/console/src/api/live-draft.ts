import type {
  AuditEntry,
  LiveWatchRequest_Topic,
  Operation,
  Resource,
  Rollout,
  Server,
  WaitingServer,
} from '@ostler/contracts';
import type { LiveEvent } from '@ostler/sdk';
import type { LiveData } from './live-store';

const MOST_AUDIT_ENTRIES = 200;

/** Copied when it is touched first; what is not touched keeps its identity, so that nobody renders it again. */
class Copied<V> {
  private copy: Map<string, V> | undefined;

  constructor(private readonly before: ReadonlyMap<string, V>) {}

  get now(): ReadonlyMap<string, V> {
    return this.copy ?? this.before;
  }

  set(uid: string, value: V): void {
    (this.copy ??= new Map(this.before)).set(uid, value);
  }

  delete(uid: string): void {
    if (this.now.has(uid)) (this.copy ??= new Map(this.before)).delete(uid);
  }
}

/** The next live data, while events are applied to it. */
export class LiveDraft {
  private readonly resources: Copied<Resource>;
  private readonly servers: Copied<Server>;
  private readonly operations: Copied<Operation>;
  private readonly rollouts: Copied<Rollout>;
  private readonly waiting: Copied<WaitingServer>;
  private readonly audit = new Map<string, AuditEntry>();
  private synced: boolean;
  private leftOut: ReadonlySet<LiveWatchRequest_Topic>;

  constructor(private readonly before: LiveData) {
    this.resources = new Copied(before.resources);
    this.servers = new Copied(before.servers);
    this.operations = new Copied(before.operations);
    this.rollouts = new Copied(before.rollouts);
    this.waiting = new Copied(before.waiting);
    this.synced = before.synced;
    this.leftOut = before.leftOut;
  }

  take(event: LiveEvent): void {
    switch (event.case) {
      case 'resourceChanged':
        return this.putResource(event.value);
      case 'resourceRemoved':
        return this.resources.delete(event.value);
      case 'serverChanged':
        return this.servers.set(event.value.uid, event.value);
      case 'serverRemoved':
        return this.servers.delete(event.value);
      case 'operationChanged':
        return this.operations.set(event.value.uid, event.value);
      case 'rolloutChanged':
        return this.putRollout(event.value);
      case 'waitingServerChanged':
        return this.waiting.set(event.value.uid, event.value);
      case 'waitingServerRemoved':
        return this.waiting.delete(event.value);
      case 'auditEntry':
        this.audit.set(event.value.uid, event.value);
        return;
      case 'synced':
        this.synced = true;
        this.leftOut = new Set(event.value.leftOut);
        return;
      case 'begun':
      case 'alive':
      case undefined:
    }
  }

  data(): LiveData {
    return {
      resources: this.resources.now,
      servers: this.servers.now,
      operations: this.operations.now,
      rollouts: this.rollouts.now,
      waiting: this.waiting.now,
      audit: this.audit.size > 0 ? newest([...this.before.audit, ...this.audit.values()]) : this.before.audit,
      synced: this.synced,
      leftOut: this.leftOut,
    };
  }

  /** An answer to a call and the stream may cross: the higher position in the order of changes stays. */
  private putResource(resource: Resource): void {
    const { uid, resourceVersion } = resource.meta ?? { uid: '', resourceVersion: 0n };
    const present = this.resources.now.get(uid)?.meta?.resourceVersion ?? -1n;
    if (present <= resourceVersion) this.resources.set(uid, resource);
  }

  /** Lists tell a rollout without its servers; what is known of them stays. */
  private putRollout(rollout: Rollout): void {
    const present = this.rollouts.now.get(rollout.uid);
    if (present && present.resourceVersion > rollout.resourceVersion) return;
    const servers = rollout.servers.length > 0 ? rollout.servers : (present?.servers ?? []);
    this.rollouts.set(rollout.uid, { ...rollout, servers });
  }
}

/** Each entry once. */
function newest(entries: readonly AuditEntry[]): AuditEntry[] {
  const secondsOf = (entry: AuditEntry): number => Number(entry.createdAt?.seconds ?? 0n);
  return [...new Map(entries.map((entry) => [entry.uid, entry])).values()]
    .sort((a, b) => secondsOf(b) - secondsOf(a) || b.uid.localeCompare(a.uid))
    .slice(0, MOST_AUDIT_ENTRIES);
}
