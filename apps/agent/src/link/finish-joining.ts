import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { IdentityFolder } from './identity-folder';
import { join, type JoinDependencies, type JoinOptions } from './join';
import { type PendingJoin, PendingJoins } from './pending-join';

export interface FirstJoin {
  /** From the settings: how a container joins at its first start. A join that was begun goes before it. */
  readonly wished: PendingJoin | undefined;
  readonly about: Omit<JoinOptions, keyof PendingJoin>;
}

const NEVER_MS = Number.POSITIVE_INFINITY;

/**
 * Before an agent runs: ends a join that was begun, or begins the one of its settings. Waits for as long as it
 * takes; a server that was not let in forgets the token and says so.
 *
 * @throws AppError UNAUTHENTICATED or DENIED when it is not let in.
 */
export async function finishJoining(
  { wished, about }: FirstJoin,
  dependencies: JoinDependencies,
): Promise<void> {
  const { files, identityFolder } = dependencies;
  const pending = new PendingJoins(files, identityFolder);
  if (!(await new IdentityFolder(files, identityFolder).hasJoined())) {
    const record = (await pending.read()) ?? wished;
    if (!record) throw notJoined();
    await joinOrForget({ ...about, ...record }, { patienceMs: NEVER_MS, ...dependencies }, pending);
  }
  await pending.forget();
}

async function joinOrForget(options: JoinOptions, dependencies: JoinDependencies, pending: PendingJoins) {
  try {
    await join(options, dependencies);
  } catch (error) {
    if (error instanceof AppError && error.reason !== ErrorReason.CANCELLED) await pending.forget();
    throw error;
  }
}

function notJoined(): AppError {
  return new AppError(
    ErrorReason.UNAUTHENTICATED,
    'This server has not joined a control plane. Run the join command that its console shows.',
  );
}
