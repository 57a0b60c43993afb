import type { LiveWatchRequest_Topic, LiveWatchResponse, Permission } from '@ostler/contracts';

import type { WakeWord } from '../platform/db';

/** One change for watchers. A later one with the same key takes the place of one that was not sent yet. */
export interface LiveEvent {
  readonly key: string;
  readonly event: LiveWatchResponse['event'];
}

/** Where a source went on reading; undefined before the first read. Only the source looks into it. */
export type Cursor = unknown;

export interface LivePage {
  readonly events: readonly LiveEvent[];
  readonly cursor: Cursor;
  /** There is more already. */
  readonly more: boolean;
}

/** A topic: how to read what is there and, by the same code, what changed since. */
export interface LiveSource {
  readonly topic: LiveWatchRequest_Topic;
  readonly permission: Permission;
  /** Wakes when there may be something new. */
  readonly word: WakeWord;
  /** The cursor is a version, which outlives this process and means the same in another one. */
  readonly isVersioned?: boolean;
  /** Without a cursor, everything that is there. What is read is as new as the moment of reading. */
  read(tenantUids: readonly string[], cursor: Cursor): Promise<LivePage>;
}
