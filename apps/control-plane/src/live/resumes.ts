import { Injectable } from '@nestjs/common';
import type { LiveWatchRequest_Topic as Topic } from '@ostler/contracts';
import { systemClock } from '@ostler/kernel';

import { queryOne, UnitOfWork } from '../platform/db';
import type { LiveSource } from './live-source';
import { encodeResumePoint, versionsOf } from './resume-point';
import type { Watcher } from './watcher';

const epochGoodForMs = 5_000;

/** What a stream can be resumed by: its epoch, its tenants, the topics that have an order of changes. */
export interface StreamPlace {
  versionsOf(resume: Uint8Array): ReadonlyMap<Topic, bigint>;
  /** Where the stream stands; empty while something waits to be sent. */
  bytesOf(watcher: Watcher): Uint8Array;
}

/** Makes and reads the points from which streams go on after a cut. */
@Injectable()
export class Resumes {
  private known: { readonly epoch: Promise<bigint>; readonly untilMs: number } | undefined;

  constructor(private readonly unitOfWork: UnitOfWork) {}

  async placeOf(sources: readonly LiveSource[], tenantUids: readonly string[]): Promise<StreamPlace> {
    const epoch = await this.epoch();
    const versioned = new Set(sources.filter(({ isVersioned }) => isVersioned).map(({ topic }) => topic));
    const now = () => ({ epoch, tenantUids, atMs: systemClock.now() });
    const isOf = ([topic]: readonly [Topic, unknown]): boolean => versioned.has(topic);
    return {
      versionsOf: (resume) => new Map([...versionsOf(resume, now())].filter(isOf)),
      bytesOf: ({ positions }) => {
        if (!positions) return new Uint8Array();
        const versions = new Map([...positions].filter(isOf) as [Topic, bigint][]);
        return encodeResumePoint({ ...now(), versions });
      },
    };
  }

  /** Read once for all who come at the same time; only a restore from a backup changes it. */
  private epoch(): Promise<bigint> {
    const now = systemClock.monotonic();
    if (this.known && now < this.known.untilMs) return this.known.epoch;
    const epoch = this.readEpoch();
    this.known = { epoch, untilMs: now + epochGoodForMs };
    epoch.catch(() => (this.known = undefined));
    return epoch;
  }

  private async readEpoch(): Promise<bigint> {
    const row = await this.unitOfWork.asSystem('live-fan-out', () =>
      queryOne<{ epoch: bigint }>('select epoch from installation'),
    );
    return row?.epoch ?? 1n;
  }
}
