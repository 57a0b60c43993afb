import { LiveWatchRequest_Topic as Topic } from '@ostler/contracts';
import type { LiveEvent } from '@ostler/sdk';

/** Of topics that tell their newest and then go on, so many are kept for tabs that come later. */
const MOST_OF_A_KIND = 1000;

interface Thing {
  readonly topic: Topic;
  readonly uid: string;
  readonly isGone: boolean;
}

/** The present state of every topic as it came in, so that a tab that comes later need not ask for it. */
export class LiveEvents {
  private present = new Map<Topic, Map<string, Uint8Array>>();
  /** Filled while a stream gives the present state; what was there before stays until that is complete. */
  private coming: Map<Topic, Map<string, Uint8Array>> | undefined;
  private synced: Uint8Array | undefined;

  /** A stream begins: only what it goes on with is still worth anything when it is complete. */
  begin(resumed: readonly Topic[]): void {
    this.coming = new Map(resumed.map((topic) => [topic, new Map(this.present.get(topic))]));
  }

  take(event: LiveEvent, bytes: Uint8Array): void {
    if (event.case === 'synced') {
      this.present = this.coming ?? this.present;
      this.coming = undefined;
      this.synced = bytes;
      return;
    }
    const thing = thingOf(event);
    if (thing) this.put(thing, bytes);
  }

  /** Everything, as a stream would tell it that begins now. Not synced while one is still being read. */
  *snapshot(): Generator<Uint8Array> {
    for (const things of (this.coming ?? this.present).values()) yield* things.values();
    if (!this.coming && this.synced) yield this.synced;
  }

  clear(): void {
    this.present = new Map();
    this.coming = undefined;
    this.synced = undefined;
  }

  private put({ topic, uid, isGone }: Thing, bytes: Uint8Array): void {
    const topics = this.coming ?? this.present;
    const things = topics.get(topic) ?? new Map<string, Uint8Array>();
    topics.set(topic, things);
    // Behind all others, so that what is told last is the newest.
    things.delete(uid);
    if (!isGone) things.set(uid, bytes);
    if (things.size <= MOST_OF_A_KIND || !newestOnly.has(topic)) return;
    for (const oldest of things.keys()) return void things.delete(oldest);
  }
}

const newestOnly: ReadonlySet<Topic> = new Set([Topic.OPERATIONS, Topic.AUDIT, Topic.ROLLOUTS]);

function thingOf(event: LiveEvent): Thing | undefined {
  switch (event.case) {
    case 'resourceChanged':
      return { topic: Topic.RESOURCES, uid: event.value.meta?.uid ?? '', isGone: false };
    case 'resourceRemoved':
      return { topic: Topic.RESOURCES, uid: event.value, isGone: true };
    case 'serverChanged':
      return { topic: Topic.SERVERS, uid: event.value.uid, isGone: false };
    case 'serverRemoved':
      return { topic: Topic.SERVERS, uid: event.value, isGone: true };
    case 'operationChanged':
      return { topic: Topic.OPERATIONS, uid: event.value.uid, isGone: false };
    case 'auditEntry':
      return { topic: Topic.AUDIT, uid: event.value.uid, isGone: false };
    case 'rolloutChanged':
      return { topic: Topic.ROLLOUTS, uid: event.value.uid, isGone: false };
    case 'waitingServerChanged':
      return { topic: Topic.WAITING_SERVERS, uid: event.value.uid, isGone: false };
    case 'waitingServerRemoved':
      return { topic: Topic.WAITING_SERVERS, uid: event.value, isGone: true };
    default:
      return undefined;
  }
}
