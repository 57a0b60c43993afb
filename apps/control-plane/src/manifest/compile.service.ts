import { Injectable } from '@nestjs/common';

import { UnitOfWork, Wake } from '../platform/db';
import { ManifestRepository } from './manifest.repository';
import { PlacedSpecsRepository } from './placed-specs.repository';
import { compileManifest, indexBytes } from './server-manifest.compile';

/** Compiles what is wanted, one server at a time. */
@Injectable()
export class CompileService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly manifests: ManifestRepository,
    private readonly placed: PlacedSpecsRepository,
  ) {}

  /** Compiles the manifest that has been wanted for longest. False when none is. */
  compileNext(): Promise<boolean> {
    return this.unitOfWork.asSystem('manifest-compile', async () => {
      const serverUid = await this.manifests.takeWanted();
      if (!serverUid) return false;
      await this.compile(serverUid);
      await this.manifests.unwant(serverUid);
      return true;
    });
  }

  /** The revision moves only when the content does: a wake-up for nothing sends nothing. */
  private async compile(serverUid: string): Promise<void> {
    const manifest = compileManifest(await this.placed.onServer(serverUid));
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
  }
}
