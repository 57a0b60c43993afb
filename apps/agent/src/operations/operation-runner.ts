import { create } from '@bufbuild/protobuf';
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import {
  OperationReport_State as State,
  OperationReportSchema,
  type OperationReport,
  type OperationStart,
} from '@ostler/contracts';
import { AppError, isUuid, messageOf, traceIdOf, type Clock } from '@ostler/kernel';
import { failpoint } from '../failpoints';
import type { Units } from '../host/exec';
import type { Files } from '../host/fs';
import { isEnd, type JournalEntry, type Store } from '../store';
import type { Log } from '../telemetry';
import { releaseEndedUnits } from './ended-units';
import {
  CANCELLED,
  endingOf,
  endingOfError,
  EXPIRED,
  INTERRUPTED,
  UNKNOWN_KIND,
  type Ending,
} from './ending';
import type { OperationCase, OperationKind } from './operation.port';
import { OutputShipper } from './output-shipper';
import { RunningOperation, unitName } from './running-operation';

export interface OperationRunnerDeps {
  readonly store: Store;
  readonly files: Files;
  readonly units: Units;
  readonly clock: Clock;
  readonly log: Log;
  readonly kinds: readonly OperationKind[];
  /** Folder of the outputs; there already, 0700. */
  readonly folder: string;
  readonly changed: () => void;
  readonly telemetryChanged: () => void;
}

/**
 * Operations, journalled before they act, so that an effect happens at most once:
 *
 *   start --accept--> ACCEPTED --begin--> RUNNING --effect--> SUCCEEDED | FAILED
 *                        |                   |--cancel--> CANCELLED, --deadline--> EXPIRED
 *                        |                   '--crash: unit there: goes on; safe: again; else INTERRUPTED
 *                        '--cancel--> CANCELLED, --deadline--> EXPIRED, --crash: begins
 */
export class OperationRunner {
  private readonly kinds: ReadonlyMap<OperationCase, OperationKind>;
  private readonly running = new Map<string, RunningOperation>();
  /** Operations with output that is not in the spool yet. */
  private readonly unshipped = new Set<string>();
  private readonly shipper: OutputShipper;
  private stopped = false;

  constructor(private readonly deps: OperationRunnerDeps) {
    this.kinds = new Map(deps.kinds.map((kind) => [kind.case, kind]));
    const { files, store, telemetryChanged } = deps;
    this.shipper = new OutputShipper({ files, store, shipped: telemetryChanged });
  }

  /** Takes up what the last run of the agent left. */
  async recover(): Promise<void> {
    for (const entry of this.deps.store.journal.open()) {
      if (isEnd(entry.report.state)) await this.shipRest(entry.report.uid);
      else if (!entry.begun || (await this.mayGoOn(entry))) this.begin(entry);
      else this.finish(entry.report.uid, INTERRUPTED, await this.outputSize(entry.report.uid));
    }
    await this.settleOutputs();
    const { units, store, log } = this.deps;
    await releaseEndedUnits({ units, journal: store.journal, log });
  }

  /** Journalled when it returns. */
  start(start: OperationStart): void {
    if (!isUuid(start.uid)) throw AppError.invalid('uid', 'INVALID', 'it is not a uid.');
    const { store, clock, changed } = this.deps;
    const now = timestampFromMs(clock.now());
    const instant = this.kindOf(start)?.instant === true && !this.isPast(start);
    const report = create(OperationReportSchema, {
      uid: start.uid,
      state: instant ? State.SUCCEEDED : State.ACCEPTED,
      ...(instant && { startedAt: now, endedAt: now, progressPercent: 100 }),
    });
    const isNew = store.journal.accept(start, report);
    if (isNew) this.deps.log.info('an operation is taken', namesOf(start));
    failpoint('operation.accepted');
    if (isNew && !instant) this.begin(store.journal.get(start.uid)!);
    changed();
  }

  cancel(uid: string): void {
    const running = this.running.get(uid);
    if (running) running.end('cancelled');
    else if (this.deps.store.journal.get(uid)) this.finish(uid, CANCELLED);
  }

  forget(uid: string): void {
    this.deps.store.journal.forget(uid);
    this.shipRestLater(uid);
  }

  unacknowledged(): OperationReport[] {
    return this.deps.store.journal.open().map(({ report }) => report);
  }

  /** There is room in the spool again. */
  spoolDrained(): void {
    for (const uid of this.unshipped) this.shipRestLater(uid);
  }

  /** Units go on; a started agent finds them. */
  stop(): void {
    this.stopped = true;
    for (const running of this.running.values()) running.end('detached');
  }

  private kindOf(start: OperationStart): OperationKind | undefined {
    return start.operation.case && this.kinds.get(start.operation.case);
  }

  private isPast({ deadline }: OperationStart): boolean {
    return deadline !== undefined && timestampMs(deadline) <= this.deps.clock.now();
  }

  /** Its unit or its own record is there, or a second run does no harm. */
  private async mayGoOn({ start }: JournalEntry): Promise<boolean> {
    const kind = this.kindOf(start);
    if (kind?.resumes) return true;
    if (!kind?.firstStep) return start.safe;
    const unit = await this.deps.units.state(unitName(start.uid, kind.firstStep));
    return unit.state !== 'absent';
  }

  private begin({ start, report }: JournalEntry): void {
    const kind = this.kindOf(start);
    if (!kind) return this.finish(start.uid, UNKNOWN_KIND);
    if (this.isPast(start)) return this.finish(start.uid, EXPIRED);
    const { store, clock } = this.deps;
    const startedAt = report.startedAt ?? timestampFromMs(clock.now());
    store.journal.begin(create(OperationReportSchema, { ...report, state: State.RUNNING, startedAt }));
    failpoint('operation.running');
    const running = this.makeContext(start.uid);
    this.running.set(start.uid, running);
    void this.carryOut(start, kind, running);
  }

  private makeContext(uid: string): RunningOperation {
    const { clock, files, units } = this.deps;
    const outputPath = this.outputPath(uid);
    const report = (percent: number, message: string): void => this.reportProgress(uid, percent, message);
    return new RunningOperation(uid, {
      clock,
      files,
      units,
      outputPath,
      report,
      wrote: () => this.shipRestLater(uid),
    });
  }

  private async carryOut(
    start: OperationStart,
    kind: OperationKind,
    running: RunningOperation,
  ): Promise<void> {
    const leftMs = start.deadline ? timestampMs(start.deadline) - this.deps.clock.now() : undefined;
    const timer =
      leftMs === undefined ? undefined : this.deps.clock.after(leftMs, () => running.end('expired'));
    let ending: Ending;
    try {
      ending = endingOf(await kind.run(running, start));
    } catch (error) {
      ending = endingOfError(error, running.signal);
    }
    timer?.cancel();
    // An agent that is about to end leaves the operation to the next one.
    if (this.stopped) return;
    failpoint('operation.effect');
    try {
      await this.finishWithOutput(start.uid, ending, running);
    } catch (error) {
      this.deps.log.error('the end of an operation could not be stored', { uid: start.uid, error });
    }
  }

  private async finishWithOutput(uid: string, ending: Ending, running: RunningOperation): Promise<void> {
    this.finish(uid, ending, await this.outputSize(uid));
    this.running.delete(uid);
    await this.shipRest(uid);
    await running.release();
  }

  private finish(uid: string, ending: Ending, outputBytes = 0n): void {
    const { store, clock, changed } = this.deps;
    const entry = store.journal.get(uid);
    if (!entry || isEnd(entry.report.state)) return;
    const endedAt = timestampFromMs(clock.now());
    store.journal.update(create(OperationReportSchema, { ...entry.report, ...ending, outputBytes, endedAt }));
    failpoint('operation.ended');
    changed();
  }

  private reportProgress(uid: string, percent: number, message: string): void {
    const entry = this.deps.store.journal.get(uid);
    if (!entry) return;
    const progress = { progressPercent: percent, progressMessage: message };
    this.deps.store.journal.update(create(OperationReportSchema, { ...entry.report, ...progress }));
    this.deps.changed();
  }

  private shipRestLater(uid: string): void {
    this.shipRest(uid).catch((error: unknown) => {
      this.deps.log.warn('output of an operation could not be shipped', { uid, error: messageOf(error) });
    });
  }

  /** Ships what there is; what the control plane has, with its end, goes from the disk. */
  private async shipRest(uid: string): Promise<void> {
    const entry = this.deps.store.journal.get(uid);
    if (!entry) return;
    const ended = isEnd(entry.report.state);
    if (ended && entry.report.outputBytes === 0n) return;
    const total = ended ? Number(entry.report.outputBytes) : undefined;
    const complete = await this.shipper.ship(uid, this.outputPath(uid), total);
    if (complete) this.unshipped.delete(uid);
    else this.unshipped.add(uid);
    if (complete && entry.forgotten) await this.deps.files.removeTree(this.outputPath(uid));
  }

  /** Output that the last run of the agent left: what is not sent is sent, the rest goes. */
  private async settleOutputs(): Promise<void> {
    for (const name of await this.deps.files.list(this.deps.folder)) {
      const uid = name.slice(0, name.indexOf('.'));
      if (this.deps.store.journal.get(uid)) await this.shipRest(uid);
      else await this.deps.files.removeTree(`${this.deps.folder}/${name}`);
    }
  }

  private async outputSize(uid: string): Promise<bigint> {
    const state = await this.deps.files.state(this.outputPath(uid));
    return BigInt(state?.size ?? 0);
  }

  private outputPath(uid: string): string {
    return `${this.deps.folder}/${uid}.out`;
  }
}

/** By which numbers the call that started it is found in the control plane's log and trail. */
function namesOf({ uid, operation, requestId, traceparent }: OperationStart) {
  return { uid, operation: operation.case, requestId, traceId: traceIdOf(traceparent) };
}
