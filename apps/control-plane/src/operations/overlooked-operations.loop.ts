import { Injectable, type OnModuleInit } from '@nestjs/common';
import { pause, systemClock } from '@ostler/kernel';
import { Loops } from '../platform/loops';
import { OperationDispatcher } from './operation-dispatcher';

const LOOK_EVERY_MS = 5_000;
/** Longer than any commit takes to be followed by its sending. */
const OLDER_THAN_SECONDS = 5;

/** Sends operations whose sending was lost with the answer to their commit. */
@Injectable()
export class OverlookedOperationsLoop implements OnModuleInit {
  constructor(
    private readonly loops: Loops,
    private readonly dispatcher: OperationDispatcher,
  ) {}

  onModuleInit(): void {
    this.loops.add({ name: 'overlooked operations', run: (signal) => this.run(signal) });
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.dispatcher.sendOverlooked(OLDER_THAN_SECONDS);
      await pause(systemClock, LOOK_EVERY_MS, signal);
    }
  }
}
