import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  ConditionSchema,
  ConditionStatus,
  ErrorReason,
  PlacementReportSchema,
  type Condition,
  type PlacementReport,
} from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';

const MOST_CONDITIONS = 16;
const MOST_MESSAGE_CHARACTERS = 4000;

/** `Ready`, false, for whatever a driver threw. */
export function conditionOfError(error: unknown): Condition {
  const reason = error instanceof AppError ? (ErrorReason[error.reason] ?? 'INTERNAL') : 'INTERNAL';
  return notReady(reason, messageOf(error));
}

export function notReady(reason: string, message: string): Condition {
  return create(ConditionSchema, { type: 'Ready', status: ConditionStatus.FALSE, reason, message });
}

/**
 * The new conditions with the generation that they are about. The moment of the last transition moves
 * only when the status does, so that "since when" stays true through every later look.
 */
export function stampConditions(
  previous: readonly Condition[],
  next: readonly Condition[],
  generation: bigint,
  nowMs: number,
): Condition[] {
  return next.slice(0, MOST_CONDITIONS).map((condition) => {
    const before = previous.find(({ type }) => type === condition.type);
    const same = before?.status === condition.status && before.lastTransitionAt !== undefined;
    return create(ConditionSchema, {
      ...condition,
      message: condition.message.slice(0, MOST_MESSAGE_CHARACTERS),
      observedGeneration: generation,
      lastTransitionAt: same ? before.lastTransitionAt : timestampFromMs(nowMs),
    });
  });
}

/** The same but for the moment at which it was written. */
export function sameReport(a: PlacementReport | undefined, b: PlacementReport): boolean {
  return a !== undefined && Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf(report: PlacementReport): Uint8Array {
  return toBinary(PlacementReportSchema, { ...report, reportedAt: undefined });
}
