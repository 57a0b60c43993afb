import type { Clock, Timer } from '@ostler/kernel';
import type { Log } from '../telemetry';
import type { UpdateFolder, UpdateRecord } from './update-record';

/** So long without a break the control lane must run before the new agent counts as healthy. */
const STEADY_MS = 3_000;
const LOOK_EVERY_MS = 250;

export interface ProbationDeps {
  readonly folder: UpdateFolder;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly isConnected: () => boolean;
}

/**
 * The first seconds of a new agent after an update. Until it is confirmed it takes no operation and no manifest: should
 * the old agent come back with its copy of the store, that one would not know of them.
 *
 *   on probation --the control lane ran for 3 s--> confirmed (durable: nobody rolls back any more) --> settled
 */
export class Probation {
  private readonly passed = Promise.withResolvers<void>();
  private timer: Timer | undefined;
  private steadySinceMs: number | undefined;

  constructor(private readonly deps: ProbationDeps) {}

  /** Resolves at once when there is no probation, else when it is passed. */
  get settled(): Promise<void> {
    return this.passed.promise;
  }

  async begin(): Promise<void> {
    const record = await this.deps.folder.record();
    const isNew = record?.phase === 'switching' && record.toVersion === this.deps.version;
    if (isNew) this.watch(record);
    else this.passed.resolve();
  }

  stop(): void {
    this.timer?.cancel();
  }

  private watch(record: UpdateRecord): void {
    this.timer = this.deps.clock.after(LOOK_EVERY_MS, () => {
      if (!this.isSteady()) return this.watch(record);
      this.confirm(record).catch((error: unknown) => {
        this.deps.log.warn('the update could not be confirmed', { error });
        this.watch(record);
      });
    });
  }

  private isSteady(): boolean {
    const nowMs = this.deps.clock.monotonic();
    if (!this.deps.isConnected()) this.steadySinceMs = undefined;
    else this.steadySinceMs ??= nowMs;
    return this.steadySinceMs !== undefined && nowMs - this.steadySinceMs >= STEADY_MS;
  }

  private async confirm(record: UpdateRecord): Promise<void> {
    const { folder, log, version } = this.deps;
    // The time may have been over in between: who writes first decides.
    const latest = await folder.record();
    if (latest?.operationUid !== record.operationUid || latest.phase !== 'switching') return;
    await folder.write({ ...record, phase: 'confirmed' });
    await folder.raiseHighest(BigInt(record.sequence));
    log.info('the update is confirmed', { version, from: record.fromVersion });
    this.passed.resolve();
  }
}
