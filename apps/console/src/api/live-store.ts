import {
  type AuditEntry,
  LiveWatchRequest_Topic as Topic,
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
  readonly leftOut: ReadonlySet<Topic>;
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
  /** What is known while the view is held; the same as what is shown while it is not. */
  private ahead: LiveData | undefined;
  private isHeld = false;
  private held = 0;
  private base = emptyLiveData;
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

  /** The next events up to `synced` are the whole present state, but for the topics that go on. */
  begin(resumed: readonly Topic[] = []): void {
    this.flush();
    this.gathering = true;
    this.gathered = [];
    this.base = onlyTopics(this.latest, resumed);
  }

  take(event: LiveEvent): void {
    this.gathered.push(event);
    if (this.gathering && event.case !== 'synced') return;
    if (this.gathering) {
      const { base } = this;
      this.gathering = false;
      this.base = emptyLiveData;
      return this.replace(reduceLive(base, this.gathered));
    }
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => this.flush());
  }

  /** Keeps what is shown as it is, for who wants to read in peace; what comes meanwhile is shown afterwards. */
  hold(isHeld: boolean): void {
    this.flush();
    this.isHeld = isHeld;
    const { ahead } = this;
    if (!isHeld && ahead) {
      this.ahead = undefined;
      this.replace(ahead, true);
    }
    this.held = 0;
  }

  /** So many changes came since the view is held. */
  readonly heldChanges = (): number => this.held;

  /** What a call answered, ahead of the stream. */
  put(resource: Resource | undefined): void {
    if (resource) this.putEvent({ case: 'resourceChanged', value: resource });
  }

  /** The stream may have told more already: an operation never goes back to an earlier state. */
  putOperation(operation: Operation | undefined): void {
    const present = operation && this.latest.operations.get(operation.uid);
    if (!operation || (present && rankOf(present) > rankOf(operation))) return;
    this.putEvent({ case: 'operationChanged', value: operation });
  }

  putServer(server: Server | undefined): void {
    if (server) this.putEvent({ case: 'serverChanged', value: server });
  }

  putRollout(rollout: Rollout | undefined): void {
    if (rollout) this.putEvent({ case: 'rolloutChanged', value: rollout });
  }

  private get latest(): LiveData {
    return this.ahead ?? this.data;
  }

  /** What the person did is shown at once, also while the view is held. */
  private putEvent(event: LiveEvent): void {
    if (this.ahead) this.ahead = reduceLive(this.ahead, [event]);
    this.show(reduceLive(this.data, [event]));
  }

  private flush(): void {
    this.scheduled = false;
    if (this.gathering || this.gathered.length === 0) return;
    this.held += this.isHeld ? this.gathered.length : 0;
    this.replace(reduceLive(this.latest, this.gathered));
  }

  private replace(data: LiveData, keepGathered = false): void {
    if (!keepGathered) this.gathered = [];
    if (this.isHeld) this.ahead = data;
    else this.show(data);
  }

  private show(data: LiveData): void {
    this.data = data;
    for (const listener of this.listeners) listener();
  }
}

function onlyTopics(data: LiveData, topics: readonly Topic[]): LiveData {
  const kept = <K extends keyof LiveData>(topic: Topic, key: K): LiveData[K] =>
    topics.includes(topic) ? data[key] : emptyLiveData[key];
  return {
    ...emptyLiveData,
    resources: kept(Topic.RESOURCES, 'resources'),
    servers: kept(Topic.SERVERS, 'servers'),
    waiting: kept(Topic.WAITING_SERVERS, 'waiting'),
    operations: kept(Topic.OPERATIONS, 'operations'),
    rollouts: kept(Topic.ROLLOUTS, 'rollouts'),
    audit: kept(Topic.AUDIT, 'audit'),
  };
}
