import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { pause, systemClock } from '@ostler/kernel';

import { Loops } from '../platform/loops';
import { AuditSink } from '../platform/rpc';

const windowMs = 600_000;

/** Ends the windows of callers who are nobody: what was only counted becomes entries. */
@Injectable()
export class UnknownCallersLoop implements OnModuleInit {
  constructor(
    private readonly loops: Loops,
    @Inject(AuditSink) private readonly sink: AuditSink,
  ) {}

  onModuleInit(): void {
    this.loops.add({ name: 'unknown callers', run: (signal) => this.run(signal) });
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(systemClock, windowMs, signal);
      await this.sink.countUnknown();
    }
  }
}
