import { ErrorReason, OperationReport_State as State } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { BinaryPath, Command } from '../../host/exec';
import type { Files } from '../../host/fs';
import type { FoundNginx } from '../../host/nginx/port';
import type { OperationContext, OperationKind, Outcome } from '../operation.port';

const APT_GET: BinaryPath = '/usr/bin/apt-get';
const STEP_TIMEOUT_MS = 15 * 60_000;

export interface InstallNginxDeps {
  readonly files: Files;
  readonly isRoot: boolean;
  readonly find: () => Promise<FoundNginx>;
  /** nginx is there now: drivers and the report of the server want to know. */
  readonly installed: () => Promise<void>;
}

/** Installs nginx through apt, where there is apt. */
export function installNginx(deps: InstallNginxDeps): OperationKind {
  return { case: 'installNginx', firstStep: 'update', run: (context) => run(context, deps) };
}

async function run(context: OperationContext, deps: InstallNginxDeps): Promise<Outcome> {
  const before = await deps.find();
  if (before.found) return succeeded(`nginx ${before.runtime.version} is there already.`);
  await checkCapability(deps);
  context.progress(10, 'Reading the package lists');
  if ((await context.unit('update', aptGet('update'))) !== 0) {
    await context.say('\nThe package lists could not be read anew; going on with those that are there.\n');
  }
  context.progress(40, 'Installing nginx');
  const exitCode = await context.unit('install', aptGet('install', '--no-install-recommends', '--', 'nginx'));
  await deps.installed();
  const after = await deps.find();
  if (after.found && exitCode === 0)
    return { ...succeeded(`nginx ${after.runtime.version} is installed.`), exitCode };
  const message = after.found
    ? 'apt-get reported a failure; read the output.'
    : `nginx is not usable after apt-get: ${after.message} Read the output.`;
  return { state: State.FAILED, reason: 'INSTALL_FAILED', message, exitCode };
}

async function checkCapability({ files, isRoot }: InstallNginxDeps): Promise<void> {
  if (!isRoot)
    throw missing('the agent does not run as root. Install nginx yourself, or run the agent as root');
  if (!(await files.state(APT_GET)))
    throw missing(`there is no ${APT_GET}. Install nginx with the package manager of this server`);
}

/** Waits for another apt to end, asks nothing, and keeps configuration files as they are. */
function aptGet(verb: string, ...operands: string[]): Command {
  const options = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Options::=--force-confold'];
  return {
    binary: APT_GET,
    args: [...options, verb, ...operands],
    environment: {
      DEBIAN_FRONTEND: 'noninteractive',
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    },
    timeoutMs: STEP_TIMEOUT_MS,
  };
}

function missing(why: string): AppError {
  return new AppError(ErrorReason.CAPABILITY_MISSING, `nginx cannot be installed here: ${why}.`);
}

function succeeded(message: string): Outcome {
  return { state: State.SUCCEEDED, message };
}
