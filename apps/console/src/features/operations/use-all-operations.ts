import type { Operation } from '@ostler/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useOperations } from '../../api/live';
import { useOstler } from '../../api/ostler';

/** So many the stream begins with. */
const STREAMED = 100;
/** The first page has those too: it must reach beyond them. */
const PAGE_SIZE = 2 * STREAMED;

/** What the stream knows, and older ones a page at a time when they are asked for; newest first. */
export function useAllOperations() {
  const ostler = useOstler();
  const live = useOperations();
  const [wanted, setWanted] = useState(false);
  const older = useInfiniteQuery({
    queryKey: ['operations', 'older'],
    enabled: wanted,
    staleTime: Infinity,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      ostler.operations.list({ pageSize: PAGE_SIZE, pageToken: pageParam }, { signal }),
    getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined,
  });
  const pages = older.data?.pages;
  const operations = useMemo(
    () => newestFirst(pages?.flatMap((page) => page.operations) ?? [], live),
    [pages, live],
  );
  return {
    operations,
    /** False once the oldest is there. */
    mayBeMore: wanted ? older.hasNextPage || older.isPending : live.length >= STREAMED,
    isFetching: older.isFetching,
    error: older.error,
    fetchOlder: (): void => {
      if (wanted) void older.fetchNextPage();
      else setWanted(true);
    },
  };
}

/** Each once; what the stream says of one is newer than what was read. */
export function newestFirst(read: readonly Operation[], live: readonly Operation[]): readonly Operation[] {
  const byUid = new Map([...read, ...live].map((one) => [one.uid, one]));
  return [...byUid.values()].sort((a, b) => b.uid.localeCompare(a.uid));
}
