import type { ReactNode } from 'react';
import { useLivePart, useLiveState } from '../api/live';
import { ErrorPanel, SkeletonRows } from './panels';

/** What stands in the place of a live list until it can be shown. */
export function ListBody({ children }: { children: ReactNode }) {
  const synced = useLivePart('synced');
  const { phase, error, reconnect } = useLiveState();
  if (synced) return children;
  if (phase === 'waiting' && error) {
    return (
      <div className="p-4">
        <ErrorPanel error={error} onRetry={reconnect} />
      </div>
    );
  }
  return <SkeletonRows />;
}
