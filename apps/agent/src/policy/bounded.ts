import { OperationReport_State as State } from '@ostler/contracts';
import type { OperationKind } from '../operations';

/** An operation that the local policy may refuse, at the moment at which it would begin. */
export function bounded(kind: OperationKind, refuses: () => string | undefined): OperationKind {
  return {
    ...kind,
    run: async (...order) => {
      const message = refuses();
      if (message === undefined) return kind.run(...order);
      return { state: State.FAILED, reason: 'POLICY_REFUSED', message };
    },
  };
}
