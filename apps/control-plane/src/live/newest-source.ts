import { createHash } from 'node:crypto';

import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';

import type { LiveEvent, LivePage, LiveSource } from './live-source';

export interface NewestSourceParts<D extends DescMessage> extends Pick<
  LiveSource,
  'topic' | 'permission' | 'word'
> {
  readonly schema: D;
  /** Newest first. */
  readonly newest: (tenantUids: readonly string[], limit: number) => Promise<readonly MessageShape<D>[]>;
  readonly uidOf: (item: MessageShape<D>) => string;
  readonly event: (item: MessageShape<D>) => LiveEvent['event'];
}

type Seen = ReadonlyMap<string, string>;

const shownAtOnce = 100;

/**
 * A topic of which only the newest are shown: read them all at each wake-up and tell those that differ from
 * the last time. An entry that commits later than one with a higher uid is found too.
 */
export function newestSource<D extends DescMessage>(parts: NewestSourceParts<D>): LiveSource {
  const { topic, permission, word } = parts;
  return {
    topic,
    permission,
    word,
    async read(tenantUids, cursor): Promise<LivePage> {
      const before = cursor as Seen | undefined;
      const items = await parts.newest(tenantUids, shownAtOnce);
      const now = new Map(items.map((item) => [parts.uidOf(item), digest(parts.schema, item)]));
      const fresh = items.filter((item) => before?.get(parts.uidOf(item)) !== now.get(parts.uidOf(item)));
      const events = fresh.map((item) => ({ key: parts.uidOf(item), event: parts.event(item) }));
      // Oldest first, as they happened.
      return { events: events.reverse(), cursor: now, more: false };
    },
  };
}

function digest<D extends DescMessage>(schema: D, item: MessageShape<D>): string {
  return createHash('sha256').update(toBinary(schema, item)).digest('base64');
}
