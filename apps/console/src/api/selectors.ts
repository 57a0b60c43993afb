import type { SavedSelector } from '@ostler/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useServers } from './live';
import { useOstler } from './ostler';
import { hasLabels } from '../lib/selectors';

const KEY = ['selectors'];
const NONE: readonly SavedSelector[] = [];

/** Saved selectors by name; how many servers they match is counted from what is live. */
export function useSelectors(): readonly SavedSelector[] {
  const ostler = useOstler();
  const servers = useServers();
  const list = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => ostler.fleet.listSavedSelectors({}, { signal }),
  });
  const selectors = list.data?.selectors ?? NONE;
  return useMemo(
    () =>
      selectors.map((selector) => ({
        ...selector,
        servers: servers.filter((server) => hasLabels(server, selector.labels)).length,
      })),
    [selectors, servers],
  );
}

export function useSelectorsChanged(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: KEY });
}
