import { AppError } from '@ostler/kernel';
import { ErrorReason, type Kind, type Resource, WatchResponse_Type } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { isReady, kindName, kindOf, readyOf } from '../../output/names';
import { ExitCode } from '../../output/exit-code';
import { safe } from '../../output/style';

interface Wanted {
  readonly kind: Kind;
  readonly name: string;
  readonly generation: bigint;
}

export function waitCommand(program: Command, context: CommandContext): void {
  program
    .command('wait <kind> <name>')
    .description('Wait until a resource is Ready.')
    .option('--timeout <seconds>', 'how long to wait', '120')
    .action((kind: string, name: string, options: { timeout: string }) =>
      waitUntilReady(context, [{ kind: kindOf(kind), name, generation: 0n }], Number(options.timeout)),
    );
}

/** Says each resource as it becomes Ready; sets the exit code DIFFERENT when time is up before. */
export async function waitUntilReady(
  context: CommandContext,
  wanted: readonly Wanted[],
  timeoutSeconds: number,
): Promise<void> {
  if (!(timeoutSeconds > 0))
    throw AppError.invalid('--timeout', 'NOT_POSITIVE', 'give a number of seconds above 0');
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  const results = await Promise.all(wanted.map((one) => waitForOne(context, one, timeout)));
  if (results.includes(false)) process.exitCode = ExitCode.DIFFERENT;
}

async function waitForOne(context: CommandContext, wanted: Wanted, timeout: AbortSignal): Promise<boolean> {
  const label = `${kindName(wanted.kind)}/${wanted.name}`;
  const seen = await watchUntilReady(context, wanted, label, timeout);
  if (seen.isReady) {
    context.print(`${context.style.good('ready')} ${label}${urlsOf(seen.last)}`);
    return true;
  }
  if (!timeout.aborted)
    throw new AppError(ErrorReason.UNAVAILABLE, 'The control plane ended the watch. Try again.');
  const message = readyOf(seen.last?.status?.conditions ?? [])?.message;
  context.print(
    `${context.style.bad('not ready')} ${label}: ${safe(message || 'no server has reported yet')}`,
  );
  return false;
}

interface Seen {
  readonly isReady: boolean;
  /** There is no such resource, or no longer. */
  readonly isAbsent: boolean;
  readonly last: Resource | undefined;
}

async function watchUntilReady(
  context: CommandContext,
  { kind, name, generation }: Wanted,
  label: string,
  timeout: AbortSignal,
): Promise<Seen> {
  // Leaving the loop waits for the end of the call, which has none of its own: it is called off first.
  const done = new AbortController();
  let seen: Seen = { isReady: false, isAbsent: false, last: undefined };
  try {
    const signal = AbortSignal.any([timeout, done.signal]);
    for await (const event of context.ostler().resources.watch({ kind, name }, { signal })) {
      const isGone = event.type === WatchResponse_Type.REMOVED;
      const isAbsent = isGone || (event.type === WatchResponse_Type.BOOKMARK && !seen.last);
      const last = event.resource ?? seen.last;
      const isCurrent = (last?.meta?.generation ?? 0n) >= generation;
      seen = { last, isAbsent, isReady: isCurrent && isReady(last?.status?.conditions ?? []) };
      if (seen.isReady || isAbsent) done.abort();
    }
  } catch (error) {
    if (!timeout.aborted && !done.signal.aborted) throw error;
  }
  if (seen.isAbsent) throw AppError.notFound(label);
  return seen;
}

function urlsOf(resource: Resource | undefined): string {
  const urls = (resource?.status?.placementStatuses ?? []).flatMap(({ detail }) =>
    detail.case === 'site' ? detail.value.urls : [],
  );
  return urls.length > 0 ? ` at ${safe([...new Set(urls)].join(', '))}` : '';
}
