import type { Resource } from '@ostler/contracts';
import { useMemo } from 'react';
import { useLivePart } from '../../api/live';

/** The resources that are placed on a server, by name. */
export function usePlacedOn(serverUid: string): readonly Resource[] {
  const resources = useLivePart('resources');
  return useMemo(
    () =>
      [...resources.values()]
        .filter(({ status }) => status?.placementStatuses.some((one) => one.serverUid === serverUid))
        .sort((a, b) => (a.meta?.name ?? '').localeCompare(b.meta?.name ?? '')),
    [resources, serverUid],
  );
}
