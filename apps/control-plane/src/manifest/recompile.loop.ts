import { Injectable, type OnModuleInit } from '@nestjs/common';
import { pause, systemClock } from '@ostler/kernel';

import { UnitOfWork, Wake } from '../platform/db';
import { Loops } from '../platform/loops';
import { ManifestRepository } from './manifest.repository';

const PACE_MS = 500;

/**
 * Compiles every manifest anew once after the start, one server after the other: a new control plane may
 * compile the same specs to other bytes, and not every nginx is to be reloaded in the same second. Where the
 * bytes are the same nothing is sent.
 */
@Injectable()
export class RecompileLoop implements OnModuleInit {
  private done = false;

  constructor(
    private readonly loops: Loops,
    private readonly wake: Wake,
    private readonly unitOfWork: UnitOfWork,
    private readonly manifests: ManifestRepository,
  ) {}

  onModuleInit(): void {
    this.loops.add({ name: 'manifests after the start', run: (signal) => this.run(signal) });
  }

  private async run(signal: AbortSignal): Promise<void> {
    const servers = this.done ? [] : await this.asSystem(() => this.manifests.serversWithManifest());
    for (const serverUid of servers) {
      await pause(systemClock, PACE_MS, signal);
      if (signal.aborted) return;
      await this.asSystem(async () => {
        await this.manifests.want(serverUid);
        this.wake.notify('manifests-wanted');
      });
    }
    this.done = true;
    await aborted(signal);
  }

  private asSystem<T>(work: () => Promise<T>): Promise<T> {
    return this.unitOfWork.asSystem('manifest-compile', work);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
