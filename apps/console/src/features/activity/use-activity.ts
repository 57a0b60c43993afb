import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { AuditEntry_Outcome as Outcome } from '@ostler/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { useLiveData } from '../../api/live';
import { useOstler } from '../../api/ostler';
import type { ActivitySearch } from '../../lib/activity-search';

const PAGE_SIZE = 100;
const HOUR_MS = 3_600_000;

const outcomes = { done: Outcome.DONE, refused: Outcome.REFUSED, denied: Outcome.DENIED };
const spansMs = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS, month: 720 * HOUR_MS };

/** Where a page begins. A page token fits only the filters that it was made with, so the time stays from page to page. */
interface PageBegin {
  readonly pageToken: string;
  readonly sinceMs: number | undefined;
}

/** The trail as the address filters it, newest first, a page at a time; anew when something happens. */
export function useActivity(search: ActivitySearch) {
  const ostler = useOstler();
  const newest = useLiveData().audit[0]?.uid;
  const { about = '', by = '', call = '', outcome, since } = useDeferredValue(search);
  return useInfiniteQuery({
    queryKey: ['audit', about, by, call, outcome, since, newest],
    initialPageParam: undefined as PageBegin | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const sinceMs = pageParam ? pageParam.sinceMs : since && Date.now() - spansMs[since];
      const request = {
        subject: about,
        actor: by,
        method: call,
        outcome: outcome ? outcomes[outcome] : Outcome.UNSPECIFIED,
        since: sinceMs === undefined ? undefined : timestampFromMs(sinceMs),
        pageSize: PAGE_SIZE,
        pageToken: pageParam?.pageToken ?? '',
      };
      const { entries, nextPageToken } = await ostler.audit.list(request, { signal });
      return { entries, next: nextPageToken ? { pageToken: nextPageToken, sinceMs } : undefined };
    },
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
  });
}
