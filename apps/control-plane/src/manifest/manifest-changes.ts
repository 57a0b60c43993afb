import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { messageOf, Serial } from '@ostler/kernel';

import { UnitOfWork, Wake } from '../platform/db';
import { Log } from '../platform/log';
import { ManifestRepository } from './manifest.repository';

/** Clocks of transactions overlap: look back a little, and call once more rather than once too few. */
const OVERLAP_MS = 5_000;

/** Tells who holds agents that a server's manifest was compiled, by whatever process. */
@Injectable()
export class ManifestChanges implements OnModuleInit, OnModuleDestroy {
  private readonly listeners = new Set<(serverUid: string) => void>();
  private readonly serial = new Serial();
  private readonly told = new Map<string, number>();
  private since = new Date(0);
  private off: () => void = () => undefined;
  private pending = false;

  constructor(
    private readonly wake: Wake,
    private readonly unitOfWork: UnitOfWork,
    private readonly manifests: ManifestRepository,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.off = this.wake.on('manifests', () => this.look());
  }

  onModuleDestroy(): void {
    this.off();
  }

  /** Returns what ends it. The listener asks `offerFor` and gets the latest. */
  onChanged(listener: (serverUid: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private look(): void {
    if (this.pending) return;
    this.pending = true;
    void this.serial
      .run(() => this.tell())
      .catch((error: unknown) => this.log.warn(`cannot read which manifests changed: ${messageOf(error)}`));
  }

  private async tell(): Promise<void> {
    this.pending = false;
    const rows = await this.unitOfWork.asSystem('manifest-compile', () =>
      this.manifests.compiledSince(this.since),
    );
    for (const { serverUid, compiledAt } of rows) {
      if (this.told.get(serverUid) === compiledAt.getTime()) continue;
      this.told.set(serverUid, compiledAt.getTime());
      for (const listener of this.listeners) listener(serverUid);
    }
    const last = rows.at(-1);
    if (last) this.since = new Date(last.compiledAt.getTime() - OVERLAP_MS);
  }
}
