import { AsyncQueue } from '@ostler/kernel';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { create } from '@bufbuild/protobuf';
import {
  type AgentReleaseInfo,
  type ApiToken,
  type AuditEntry,
  AuditEntrySchema,
  type BrowserSignIn,
  type Kind,
  type LiveWatchResponseSchema,
  type Operation,
  type Person,
  type Release,
  type JoinToken,
  type Resource,
  type Revision,
  type Rollout,
  type SavedSelector,
  type Server,
  type WaitingServer,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';

export type LiveMessage = MessageInitShape<typeof LiveWatchResponseSchema>;

/** How the imagined servers behave. */
export interface WorldOptions {
  /** Between steps of what servers do, in milliseconds: an apply, an operation's output, a join. */
  readonly stepMs: number;
  /** A new server joins this many steps after a join token was made; 0 never. */
  readonly joinAfterSteps: number;
}

export interface ReleaseContent {
  readonly size: number;
  readonly pieces: Uint8Array[];
}

/** The whole state behind the mock services, and who watches it. */
export class World {
  readonly resources = new Map<string, Resource>();
  readonly revisions = new Map<string, Revision[]>();
  readonly servers = new Map<string, Server>();
  readonly operations = new Map<string, Operation>();
  readonly output = new Map<string, Uint8Array>();
  readonly people = new Map<string, Person>();
  readonly passwords = new Map<string, string>();
  readonly sessions = new Map<string, string>();
  /** People whose session of a component test has expired, by uid. */
  readonly expired = new Set<string>();
  /** Programs that wait to be let in, by code. */
  readonly browserSignIns = new Map<string, BrowserSignIn>();
  readonly apiTokens = new Map<string, ApiToken>();
  readonly joinTokens = new Map<string, JoinToken>();
  readonly waiting = new Map<string, WaitingServer>();
  /** By name. */
  readonly selectors = new Map<string, SavedSelector>();
  /** Releases of site content that are complete, by digest. */
  readonly published = new Map<string, Release>();
  /** Those that are on their way: contents by hash, releases by digest with the hashes that they need. */
  readonly releaseStore = {
    contents: new Map<string, ReleaseContent>(),
    begun: new Map<string, { readonly release: Release; readonly hashes: readonly string[] }>(),
  };
  /** Newest first. */
  readonly releases: AgentReleaseInfo[] = [];
  readonly rollouts = new Map<string, Rollout>();
  readonly audit: AuditEntry[] = [];
  readonly watchers = new Set<AsyncQueue<LiveMessage>>();
  private version = 1000n;

  constructor(readonly options: WorldOptions = { stepMs: 600, joinAfterSteps: 6 }) {}

  nextVersion(): bigint {
    return ++this.version;
  }

  tell(event: LiveMessage['event']): void {
    for (const watcher of this.watchers) watcher.push({ event });
  }

  putResource(resource: Resource): Resource {
    if (resource.meta) {
      resource.meta.resourceVersion = this.nextVersion();
      resource.meta.updatedAt = timestampNow();
      this.resources.set(resource.meta.uid, resource);
    }
    this.tell({ case: 'resourceChanged', value: resource });
    return resource;
  }

  removeResource(uid: string): void {
    this.resources.delete(uid);
    this.tell({ case: 'resourceRemoved', value: uid });
  }

  putServer(server: Server): Server {
    server.resourceVersion = this.nextVersion();
    this.servers.set(server.uid, server);
    this.tell({ case: 'serverChanged', value: server });
    return server;
  }

  putWaiting(waiting: WaitingServer): void {
    this.waiting.set(waiting.uid, waiting);
    this.tell({ case: 'waitingServerChanged', value: waiting });
  }

  removeWaiting(uid: string): void {
    this.waiting.delete(uid);
    this.tell({ case: 'waitingServerRemoved', value: uid });
  }

  putRollout(rollout: Rollout): Rollout {
    rollout.resourceVersion = this.nextVersion();
    this.rollouts.set(rollout.uid, rollout);
    this.tell({ case: 'rolloutChanged', value: rollout });
    return rollout;
  }

  putOperation(operation: Operation): Operation {
    this.operations.set(operation.uid, operation);
    this.tell({ case: 'operationChanged', value: operation });
    return operation;
  }

  record(entry: MessageInitShape<typeof AuditEntrySchema>): void {
    const full = create(AuditEntrySchema, { uid: newUid(), createdAt: timestampNow(), ...entry });
    this.audit.unshift(full);
    this.tell({ case: 'auditEntry', value: full });
  }

  resourceByName(kind: Kind, name: string): Resource | undefined {
    return [...this.resources.values()].find(({ meta }) => meta?.kind === kind && meta.name === name);
  }

  serverByName(name: string): Server | undefined {
    return [...this.servers.values()].find((server) => server.name === name);
  }

  /** Runs something after some steps of the imagined servers. */
  later(steps: number, run: () => void): void {
    setTimeout(run, steps * this.options.stepMs).unref?.();
  }
}
