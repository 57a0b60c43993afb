import type { MessageInitShape } from '@bufbuild/protobuf';
import { ErrorReason, type Operation, type OperationSpecSchema } from '@ostler/contracts';
import { Backoff, type Clock, pause, systemClock } from '@ostler/kernel';
import type { Ostler } from './clients';
import { explainError } from './explain-error';
import { newRequestId } from './request-id';

const WAIT_SECONDS = 30;

export interface OperationWish {
  /** Name of the server. */
  readonly server: string;
  readonly spec: MessageInitShape<typeof OperationSpecSchema>;
  /** 0 means 600. */
  readonly deadlineSeconds?: number;
}

export interface RunOperationOptions {
  /** Ends the waiting; the operation goes on. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Starts an operation and resolves with its end, whatever that is: one call for a short one. A control plane
 * that is away for a while is asked again with the same request id, so that it is started once.
 */
export async function runOperation(
  ostler: Ostler,
  wish: OperationWish,
  { signal, clock = systemClock }: RunOperationOptions = {},
): Promise<Operation> {
  const request = { requestId: newRequestId(), waitSeconds: WAIT_SECONDS, ...wish };
  const ask = (call: () => Promise<{ operation?: Operation }>): Promise<Operation> =>
    untilAnswered(call, clock, signal);
  let operation = await ask(() => ostler.operations.start(request, { signal }));
  while (!operation.endedAt) {
    const { uid } = operation;
    operation = await ask(() => ostler.operations.wait({ uid, waitSeconds: WAIT_SECONDS }, { signal }));
  }
  return operation;
}

async function untilAnswered(
  call: () => Promise<{ operation?: Operation }>,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Operation> {
  const backoff = new Backoff({ firstMs: 250, mostMs: 10_000 });
  for (;;) {
    try {
      return (await call()).operation!;
    } catch (error) {
      if (signal?.aborted || explainError(error).reason !== ErrorReason.UNAVAILABLE) throw error;
      await pause(clock, backoff.next(), signal);
    }
  }
}
