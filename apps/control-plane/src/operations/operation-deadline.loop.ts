import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Clock, pause, systemClock } from '@ostler/kernel';
import { UnitOfWork, Wake } from '../platform/db';
import { Loops } from '../platform/loops';
import { OperationNews } from './operation-news';
import { OperationRepository } from './operation.repository';

const TICK_MS = 2000;
/** The agent ends it at its deadline; its word gets this long to arrive. */
const GRACE_SECONDS = 60;

/** Ends operations that nobody else ends any more. */
@Injectable()
export class OperationDeadlineLoop implements OnModuleInit {
  private readonly clock: Clock = systemClock;

  constructor(
    private readonly loops: Loops,
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly operations: OperationRepository,
    private readonly news: OperationNews,
  ) {}

  onModuleInit(): void {
    this.loops.add({ name: 'operation-deadlines', run: (signal) => this.run(signal) });
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.step();
      await pause(this.clock, TICK_MS, signal);
    }
  }

  async step(): Promise<void> {
    const uids = await this.unitOfWork.asSystem('operations', async () => {
      const expired = await this.operations.expire(GRACE_SECONDS);
      if (expired.length > 0) this.wake.notify('operations');
      return expired;
    });
    for (const uid of uids) this.news.tell(uid);
  }
}
