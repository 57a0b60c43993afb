import { OperationReport_State as State } from '@ostler/contracts';
import type { OperationKind } from '../operation.port';

/** Goes to the agent and back; for measuring. */
export const noop: OperationKind = {
  case: 'noop',
  instant: true,
  run: () => Promise.resolve({ state: State.SUCCEEDED, message: '' }),
};
