import { Injectable, type OnModuleInit } from '@nestjs/common';
import { pause, systemClock } from '@ostler/kernel';

import { execute, UnitOfWork } from '../platform/db';
import { Loops } from '../platform/loops';
import { BrowserSignInRepository } from './browser-sign-in.repository';
import { SessionsRepository } from './sessions.repository';

const everyMs = 3_600_000;

/** Removes what has expired: sessions, counted failures, first answers older than a repeat may be. */
@Injectable()
export class HousekeepingLoop implements OnModuleInit {
  constructor(
    private readonly loops: Loops,
    private readonly unitOfWork: UnitOfWork,
    private readonly sessions: SessionsRepository,
    private readonly browserSignIns: BrowserSignInRepository,
  ) {}

  onModuleInit(): void {
    this.loops.add({ name: 'housekeeping', run: (signal) => this.run(signal) });
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.removeExpired();
      await pause(systemClock, everyMs, signal);
    }
  }

  private async removeExpired(): Promise<void> {
    await this.unitOfWork.asSystem('housekeeping', async () => {
      await this.sessions.removeExpired();
      await this.browserSignIns.removeExpired();
      await execute(`delete from request_ledger where created_at < now() - interval '7 days'`);
    });
  }
}
