import {
  type AuditEntry,
  type LiveWatchRequest_Topic,
  type Operation,
  Operation_State,
  type Resource,
  type Rollout,
  type Server,
  type WaitingServer,
} from '@ostler/contracts';
import type { LiveEvent } from '@ostler/sdk';
import { LiveDraft } from './live-draft';

/** All that is shown live, by identity. Never changed in place: a change makes the next one. */
export interface LiveData {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly servers: ReadonlyMap<string, Server>;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly rollouts: ReadonlyMap<string, Rollout>;
  /** Servers that somebody has to let in. */
  readonly waiting: ReadonlyMap<string, WaitingServer>;
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
  rollouts: new Map(),
  waiting: new Map(),
  audit: [],
  synced: false,
  leftOut: new Set(),
};

/** Applies events to a copy, so that a thousand events cost one copy. */
export function reduceLive(data: LiveData, events: readonly LiveEvent[]): LiveData {
  const draft = new LiveDraft(data);
  for (const event of events) draft.take(event);
  return draft.data();
}

/** Pending, running, and all ends alike. */
const rankOf = ({ state }: Operation): number => Math.min(state, Operation_State.SUCCEEDED);

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

  /** The stream may have told more already: an operation never goes back to an earlier state. */
  putOperation(operation: Operation | undefined): void {
    const present = operation && this.data.operations.get(operation.uid);
    if (!operation || (present && rankOf(present) > rankOf(operation))) return;
    this.replace(reduceLive(this.data, [{ case: 'operationChanged', value: operation }]), true);
  }

  putServer(server: Server | undefined): void {
    if (server) this.replace(reduceLive(this.data, [{ case: 'serverChanged', value: server }]), true);
  }

  putRollout(rollout: Rollout | undefined): void {
    if (rollout) this.replace(reduceLive(this.data, [{ case: 'rolloutChanged', value: rollout }]), true);
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
