import { Injectable, type OnModuleInit } from '@nestjs/common';
import { systemClock, Waker } from '@ostler/kernel';

import { UnitOfWork, Wake } from '../platform/db';
import { Loops } from '../platform/loops';
import { CompileService } from './compile.service';
import { ManifestRepository } from './manifest.repository';

const CLEAN_UP_EVERY_MS = 3_600_000;
/** Also without a wake-up, in case one was lost with its process. */
const LOOK_EVERY_MS = 10_000;

/** Compiles wanted manifests as soon as they are wanted, and forgets bodies that nobody carries. */
@Injectable()
export class ManifestLoop implements OnModuleInit {
  constructor(
    private readonly loops: Loops,
    private readonly wake: Wake,
    private readonly unitOfWork: UnitOfWork,
    private readonly compile: CompileService,
    private readonly manifests: ManifestRepository,
  ) {}

  onModuleInit(): void {
    this.loops.add({ name: 'manifests', run: (signal) => this.run(signal) });
    this.loops.add({ name: 'manifest bodies', run: (signal) => this.cleanUp(signal) });
  }

  private async run(signal: AbortSignal): Promise<void> {
    const waker = new Waker();
    const off = this.wake.on('manifests-wanted', () => waker.poke());
    try {
      while (!signal.aborted) {
        await this.compile.compileAll(signal);
        const timer = systemClock.after(LOOK_EVERY_MS, () => waker.poke());
        await waker.wait(signal);
        timer.cancel();
      }
    } finally {
      off();
    }
  }

  private async cleanUp(signal: AbortSignal): Promise<void> {
    const waker = new Waker();
    while (!signal.aborted) {
      await this.unitOfWork.asSystem('manifest-compile', () => this.manifests.removeUnusedBodies());
      const timer = systemClock.after(CLEAN_UP_EVERY_MS, () => waker.poke());
      await waker.wait(signal);
      timer.cancel();
    }
  }
}
