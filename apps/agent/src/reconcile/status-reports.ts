import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { PlacementReportSchema, type PlacementReport } from '@ostler/contracts';
import type { Clock, Timer } from '@ostler/kernel';
import { failpoint } from '../failpoints';
import type { StatusOutbox } from '../store';
import type { Log } from '../telemetry';
import { sameReport } from './conditions';

/** One transaction for what many resources report within this time. */
const GATHER_MS = 10;
const RETRY_MS = 2000;

/** The last report of every resource; what changes is stored in batches and the link is told. */
export class StatusReports {
  private readonly waiting = new Map<string, PlacementReport>();
  private timer: Timer | undefined;

  constructor(
    private readonly deps: {
      readonly outbox: StatusOutbox;
      readonly clock: Clock;
      readonly log: Log;
      readonly changed: () => void;
    },
  ) {}

  all(): Iterable<PlacementReport> {
    return this.deps.outbox.all();
  }

  of(uid: string): PlacementReport | undefined {
    return this.waiting.get(uid) ?? this.deps.outbox.of(uid);
  }

  /** Keeps a report for the next batch; one that says nothing new writes nothing. */
  report(init: MessageInitShape<typeof PlacementReportSchema> & { uid: string }): void {
    const report = create(PlacementReportSchema, {
      ...init,
      reportedAt: timestampFromMs(this.deps.clock.now()),
    });
    if (sameReport(this.of(report.uid), report)) return;
    this.waiting.set(report.uid, report);
    this.timer ??= this.deps.clock.after(GATHER_MS, () => this.flush());
  }

  /** Writes what waits, now: within a transaction it becomes durable together with the rest. */
  flush(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.waiting.size === 0) return;
    try {
      this.deps.outbox.put([...this.waiting.values()]);
    } catch (error) {
      this.deps.log.error('status could not be stored; it is tried again', { error });
      this.timer = this.deps.clock.after(RETRY_MS, () => this.flush());
      return;
    }
    this.waiting.clear();
    failpoint('status.stored');
    this.deps.changed();
  }
}
