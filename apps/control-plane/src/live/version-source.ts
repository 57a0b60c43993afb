import type { WakeWord } from '../platform/db';
import type { LiveEvent, LivePage, LiveSource } from './live-source';

export interface VersionedChanges<T> {
  readonly changed: readonly T[];
  readonly removed: readonly (string | { readonly uid: string })[];
  readonly version: bigint;
  readonly more?: boolean;
}

export interface VersionSourceParts<T> extends Pick<LiveSource, 'topic' | 'permission'> {
  readonly word: WakeWord;
  readonly changesSince: (tenantUids: readonly string[], since: bigint) => Promise<VersionedChanges<T>>;
  readonly changed: (item: T) => LiveEvent;
  readonly removed: (uid: string) => LiveEvent;
}

/** A topic that has an order of changes: the cursor is a version. */
export function versionSource<T>(parts: VersionSourceParts<T>): LiveSource {
  const { topic, permission, word } = parts;
  return {
    topic,
    permission,
    word,
    isVersioned: true,
    async read(tenantUids, cursor): Promise<LivePage> {
      const since = (cursor as bigint | undefined) ?? 0n;
      const { changed, removed, version, more = false } = await parts.changesSince(tenantUids, since);
      const gone = removed.map((one) => parts.removed(typeof one === 'string' ? one : one.uid));
      // What was gone before somebody began to look is nothing to them.
      const events = [...(since === 0n ? [] : gone), ...changed.map(parts.changed)];
      return { events, cursor: version, more };
    },
  };
}
