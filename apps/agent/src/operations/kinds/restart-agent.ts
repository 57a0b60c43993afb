import { ErrorReason, OperationReport_State as State } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { AGENT_UNIT, type FoundInstallation } from '../../updates';
import type { OperationKind } from '../operation.port';

const RESTART_TIMEOUT_MS = 90_000;

/**
 * Ends the agent and starts it again. systemd does it in a unit of the operation, which is made once: the agent
 * that comes up finds it there and says how it ended.
 */
export function restartAgent(installation: () => Promise<FoundInstallation>): OperationKind {
  return {
    case: 'restartAgent',
    firstStep: 'restart',
    async run(context) {
      const found = await installation();
      if (!found.found) throw new AppError(ErrorReason.CAPABILITY_MISSING, found.message);
      const exitCode = await context.unit('restart', {
        binary: '/usr/bin/systemctl',
        args: ['restart', '--', AGENT_UNIT],
        timeoutMs: RESTART_TIMEOUT_MS,
      });
      if (exitCode === 0) return { state: State.SUCCEEDED, message: 'The agent was restarted.', exitCode };
      const message = 'systemctl could not restart the agent; read the output.';
      return { state: State.FAILED, reason: 'RESTART_FAILED', message, exitCode };
    },
  };
}
