import {
  type AuditEntry,
  type LiveWatchRequest_Topic,
  type Operation,
  type Resource,
  type Server,
} from '@ostler/contracts';
import type { LiveEvent } from '@ostler/sdk';

/** All that is shown live, by identity. Never changed in place: a change makes the next one. */
export interface LiveData {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly servers: ReadonlyMap<string, Server>;
  readonly operations: ReadonlyMap<string, Operation>;
  /** Newest first. */
  readonly audit: readonly AuditEntry[];
  /** The whole present state has been received at least once. */
  readonly synced: boolean;
  /** Topics that the person may not read. */
  readonly leftOut: ReadonlySet<LiveWatchRequest_Topic>;
}

export const emptyLiveData: LiveData = {
  resources: new Map(),
  servers: new Map(),
  operations: new Map(),
  audit: [],
  synced: false,
  leftOut: new Set(),
};

const MOST_AUDIT_ENTRIES = 200;

/** Applies events to a copy, so that a thousand events cost one copy. */
export function reduceLive(data: LiveData, events: readonly LiveEvent[]): LiveData {
  const resources = new Map(data.resources);
  const servers = new Map(data.servers);
  const operations = new Map(data.operations);
  const audit = new Map(data.audit.map((entry) => [entry.uid, entry]));
  let { synced, leftOut } = data;
  const touched = { resources: false, servers: false, operations: false, audit: false };
  for (const event of events) {
    switch (event.case) {
      case 'resourceChanged':
        touched.resources = putNewer(resources, event.value) || touched.resources;
        break;
      case 'resourceRemoved':
        touched.resources = resources.delete(event.value) || touched.resources;
        break;
      case 'serverChanged':
        touched.servers = true;
        servers.set(event.value.uid, event.value);
        break;
      case 'serverRemoved':
        touched.servers = servers.delete(event.value) || touched.servers;
        break;
      case 'operationChanged':
        touched.operations = true;
        operations.set(event.value.uid, event.value);
        break;
      case 'auditEntry':
        touched.audit = true;
        audit.set(event.value.uid, event.value);
        break;
      case 'synced':
        synced = true;
        leftOut = new Set(event.value.leftOut);
        break;
      case 'alive':
      case undefined:
    }
  }
  return {
    resources: touched.resources ? resources : data.resources,
    servers: touched.servers ? servers : data.servers,
    operations: touched.operations ? operations : data.operations,
    audit: touched.audit ? newest(audit.values()) : data.audit,
    synced,
    leftOut,
  };
}

/** An answer to a call and the stream may cross: the higher position in the order of changes stays. */
function putNewer(resources: Map<string, Resource>, resource: Resource): boolean {
  const { uid, resourceVersion } = resource.meta ?? { uid: '', resourceVersion: 0n };
  const present = resources.get(uid)?.meta?.resourceVersion ?? -1n;
  if (present > resourceVersion) return false;
  resources.set(uid, resource);
  return true;
}

function newest(entries: Iterable<AuditEntry>): AuditEntry[] {
  const secondsOf = (entry: AuditEntry): number => Number(entry.createdAt?.seconds ?? 0n);
  return [...entries]
    .sort((a, b) => secondsOf(b) - secondsOf(a) || b.uid.localeCompare(a.uid))
    .slice(0, MOST_AUDIT_ENTRIES);
}

/**
 * Holds the live data and tells who shows it. What comes before `synced` is gathered aside, so that a
 * reconnect replaces the whole at once and nothing flickers; later events are applied once a frame.
 */
export class LiveStore {
  private data = emptyLiveData;
  private gathered: LiveEvent[] = [];
  private gathering = false;
  private scheduled = false;
  private readonly listeners = new Set<() => void>();

  /** @param schedule runs a flush soon; an animation frame in a browser, at once in tests. */
  constructor(private readonly schedule: (flush: () => void) => void) {}

  readonly snapshot = (): LiveData => this.data;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The next events up to `synced` are the whole present state. */
  begin(): void {
    this.gathering = true;
    this.gathered = [];
  }

  take(event: LiveEvent): void {
    this.gathered.push(event);
    if (this.gathering && event.case !== 'synced') return;
    if (this.gathering) {
      this.gathering = false;
      this.replace(reduceLive(emptyLiveData, this.gathered));
      return;
    }
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => this.flush());
  }

  /** What a call answered, ahead of the stream. */
  put(resource: Resource | undefined): void {
    if (resource) this.replace(reduceLive(this.data, [{ case: 'resourceChanged', value: resource }]), true);
  }

  putOperation(operation: Operation | undefined): void {
    if (operation) {
      this.replace(reduceLive(this.data, [{ case: 'operationChanged', value: operation }]), true);
    }
  }

  private flush(): void {
    this.scheduled = false;
    if (this.gathering || this.gathered.length === 0) return;
    this.replace(reduceLive(this.data, this.gathered));
  }

  private replace(data: LiveData, keepGathered = false): void {
    if (!keepGathered) this.gathered = [];
    this.data = data;
    for (const listener of this.listeners) listener();
  }
}
