import { Injectable } from '@nestjs/common';
import { messageOf } from '@ostler/kernel';

import { afterCommit, isDatabaseAway, UnitOfWork, Wake } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { Log } from '../platform/log';
import { CompiledBodies } from './compiled-bodies';
import { ManifestRepository } from './manifest.repository';
import { OrphanRepository } from './orphan.repository';
import { PlacedSpecsRepository } from './placed-specs.repository';
import { compileManifest, indexBytes } from './server-manifest.compile';

interface Outcome {
  readonly serverUid: string;
  readonly error?: unknown;
}

/** Compiles what is wanted, one server at a time. */
@Injectable()
export class CompileService {
  private readonly bodies = new CompiledBodies();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly manifests: ManifestRepository,
    private readonly placed: PlacedSpecsRepository,
    private readonly orphans: OrphanRepository,
    private readonly log: Log,
  ) {}

  /**
   * Compiles everything that is wanted. A server whose manifest cannot be compiled keeps the one that it has,
   * is tried again later, and does not stop the others.
   */
  async compileAll(signal: AbortSignal): Promise<void> {
    const failed = new Set<string>();
    while (!signal.aborted) {
      const outcome = await this.compileNext();
      if (!outcome || failed.has(outcome.serverUid)) return;
      if (outcome.error === undefined) continue;
      failed.add(outcome.serverUid);
      this.log.error('a manifest cannot be compiled', {
        server: outcome.serverUid,
        error: messageOf(outcome.error),
      });
      await this.unitOfWork.asSystem('manifest-compile', () => this.manifests.want(outcome.serverUid));
    }
  }

  /** Compiles the manifest that has been wanted for longest; undefined when none is. */
  private async compileNext(): Promise<Outcome | undefined> {
    let serverUid: string | undefined;
    try {
      await this.unitOfWork.asSystem('manifest-compile', async () => {
        const wanted = await this.manifests.takeWanted();
        serverUid = wanted?.serverUid;
        if (!wanted) return;
        await this.compile(wanted.serverUid);
        await this.manifests.unwant(wanted);
      });
      return serverUid === undefined ? undefined : { serverUid };
    } catch (error) {
      if (serverUid === undefined || isDatabaseAway(error)) throw error;
      return { serverUid, error };
    }
  }

  /** The revision moves only when the content does: a wake-up for nothing sends nothing. */
  private async compile(serverUid: string): Promise<void> {
    const placed = await this.placed.onServer(serverUid);
    const manifest = compileManifest(placed, this.bodies.of, await this.orphans.discarded(serverUid));
    const before = await this.manifests.find(serverUid);
    const epoch = await this.manifests.epoch();
    const same = before && indexBytes(manifest, { epoch, revision: before.revision, serverUid });
    if (before && same && before.index.equals(same)) return;
    const revision = (before?.revision ?? 0n) + 1n;
    await this.manifests.save(
      serverUid,
      epoch,
      revision,
      indexBytes(manifest, { epoch, revision, serverUid }),
      manifest,
    );
    this.wake.notify('manifests');
    failpoint('manifest.written');
    afterCommit(() => failpoint('manifest.committed'));
  }
}
