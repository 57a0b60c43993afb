import type { Resource } from '@ostler/contracts';
import { useMemo } from 'react';
import { useLiveData } from '../../api/live';

/** The resources that are placed on a server, by name. */
export function usePlacedOn(serverUid: string): readonly Resource[] {
  const { resources } = useLiveData();
  return useMemo(
    () =>
      [...resources.values()]
        .filter(({ status }) => status?.placementStatuses.some((one) => one.serverUid === serverUid))
        .sort((a, b) => (a.meta?.name ?? '').localeCompare(b.meta?.name ?? '')),
    [resources, serverUid],
  );
}
