import { ErrorReason, OperationReport_State as State } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { FoundNginx, NginxRuntime } from '../../host/nginx/port';
import type { OperationContext, OperationKind, Outcome } from '../operation.port';
import { maskSecrets } from '../mask-secrets';

type Find = () => Promise<FoundNginx>;

/** `nginx -t` of what is live. */
export function testNginxConfiguration(find: Find): OperationKind {
  return {
    case: 'testNginxConfiguration',
    run: async (context) => {
      const exitCode = await context.unit('test', (await runtime(find)).testCommand());
      return outcome(
        exitCode,
        'nginx accepts its configuration.',
        'nginx refuses its configuration; the output says where.',
      );
    },
  };
}

/** `nginx -T`, with what is secret masked before it leaves the server. */
export function showNginxConfiguration(find: Find): OperationKind {
  return { case: 'showNginxConfiguration', run: (context) => show(context, find) };
}

async function show(context: OperationContext, find: Find): Promise<Outcome> {
  const { exitCode, output } = await context.quietUnit('show', (await runtime(find)).showCommand());
  await context.say(maskSecrets(output));
  return outcome(
    exitCode,
    'The configuration as nginx reads it.',
    'nginx refuses its configuration; the output says where.',
  );
}

async function runtime(find: Find): Promise<NginxRuntime> {
  const found = await find();
  if (found.found) return found.runtime;
  throw new AppError(ErrorReason.CAPABILITY_MISSING, found.message);
}

function outcome(exitCode: number | undefined, good: string, bad: string): Outcome {
  if (exitCode === 0) return { state: State.SUCCEEDED, message: good, exitCode };
  return { state: State.FAILED, reason: 'CONFIGURATION_REFUSED', message: bad, exitCode };
}
