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
  // Leaving the loop does not end the call: without this the program would stay until the timeout.
  const done = new AbortController();
  const signal = AbortSignal.any([timeout, done.signal]);
  const label = `${kindName(wanted.kind)}/${wanted.name}`;
  let last: Resource | undefined;
  try {
    const request = { kind: wanted.kind, name: wanted.name };
    for await (const event of context.ostler().resources.watch(request, { signal })) {
      if (event.type === WatchResponse_Type.REMOVED) throw AppError.notFound(label);
      if (event.type === WatchResponse_Type.BOOKMARK && !last) throw AppError.notFound(label);
      last = event.resource ?? last;
      if (
        last &&
        (last.meta?.generation ?? 0n) >= wanted.generation &&
        isReady(last.status?.conditions ?? [])
      ) {
        context.print(`${context.style.good('ready')} ${label}${urlsOf(last)}`);
        return true;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted)
    throw new AppError(ErrorReason.UNAVAILABLE, 'The control plane ended the watch. Try again.');
  const ready = readyOf(last?.status?.conditions ?? []);
  context.print(
    `${context.style.bad('not ready')} ${label}: ${safe(ready?.message || 'no server has reported yet')}`,
  );
  return false;
}

function urlsOf(resource: Resource): string {
  const urls = (resource.status?.placementStatuses ?? []).flatMap(({ detail }) =>
    detail.case === 'site' ? detail.value.urls : [],
  );
  return urls.length > 0 ? ` at ${safe([...new Set(urls)].join(', '))}` : '';
}
