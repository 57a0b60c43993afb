import type { ApplyResponse, Resource } from '@ostler/contracts';
import { type ExplainedError, explainError, newRequestId } from '@ostler/sdk';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useOstler } from '../../api/ostler';
import { nameOf } from '../../lib/kinds';

const SETTLE_MS = 450;

/** What would happen, from the servers themselves. */
export interface Plan {
  readonly data: ApplyResponse | undefined;
  readonly error: ExplainedError | undefined;
  readonly isRunning: boolean;
  /** Asks the servers once more: one may have been busy or away. */
  readonly again: () => void;
}

/**
 * The dry run of a draft, a moment after the last edit; the one before is shown meanwhile.
 *
 * @param edits counts the edits of the draft.
 * @param isSound false while the draft has errors that can be seen here: nobody is asked then.
 */
export function usePlan(draft: Resource, edits: number, isSound: boolean): Plan {
  const ostler = useOstler();
  const isSettled = useSettled(edits, SETTLE_MS) === edits;
  const plan = useQuery<ApplyResponse>({
    queryKey: ['plan', nameOf(draft), edits],
    enabled: isSound && isSettled,
    gcTime: 0,
    staleTime: Infinity,
    placeholderData: (before) => before,
    queryFn: ({ signal }) =>
      ostler.resources.apply({ requestId: newRequestId(), resources: [draft], dryRun: true }, { signal }),
  });
  return {
    data: isSound ? plan.data : undefined,
    error: plan.isError ? explainError(plan.error) : undefined,
    isRunning: isSound && (plan.isFetching || !isSettled),
    again: () => void plan.refetch(),
  };
}

/** The value once it has not changed for a while. */
function useSettled<Value>(value: Value, afterMs: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}
