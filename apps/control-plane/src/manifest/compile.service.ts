import { Injectable } from '@nestjs/common';
import { messageOf } from '@ostler/kernel';

import { afterCommit, isDatabaseAway, UnitOfWork, Wake } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { Log } from '../platform/log';
import { Metrics } from '../platform/metrics';
import { ChangeCauses, type Recompiled } from './change-causes';
import { CompiledBodies } from './compiled-bodies';
import { type ManifestRow, ManifestRepository, type NewManifest, type Wanted } from './manifest.repository';
import { OrphanRepository } from './orphan.repository';
import { PlacedSpecsRepository } from './placed-specs.repository';
import { RecompileNotes } from './recompile-notes';
import { compileManifest, indexBytes } from './server-manifest.compile';

interface Failed {
  readonly serverUid: string;
  readonly error: unknown;
}

/** Compiled in one transaction: what a batch costs beside its manifests is shared by as many servers. */
const MOST_SERVERS = 64;
/** Of all servers of a batch together. */
const MOST_PLACEMENTS = 5_000;

/** Compiles what is wanted, many servers at a time. */
@Injectable()
export class CompileService {
  private readonly bodies = new CompiledBodies();
  private readonly seconds;
  /** So many servers are compiled alone, because one of them failed their batch. */
  private alone = 0;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly manifests: ManifestRepository,
    private readonly placed: PlacedSpecsRepository,
    private readonly orphans: OrphanRepository,
    private readonly notes: RecompileNotes,
    private readonly causes: ChangeCauses,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.seconds = metrics.histogram(
      'ostler_manifest_compile_seconds',
      'How long a batch of manifests takes from its wish to its commit.',
      [],
    );
  }

  /**
   * Compiles everything that is wanted. A server whose manifest cannot be compiled keeps the one that it has,
   * is tried again later, and does not stop the others.
   */
  async compileAll(signal: AbortSignal): Promise<void> {
    const failed = new Set<string>();
    while (!signal.aborted) {
      const outcome = await this.compileSome();
      if (!outcome || outcome.some(({ serverUid }) => failed.has(serverUid))) return;
      for (const { serverUid, error } of outcome) {
        failed.add(serverUid);
        this.log.error('a manifest cannot be compiled', { server: serverUid, error: messageOf(error) });
        await this.unitOfWork.asSystem('manifest-compile', () => this.manifests.want(serverUid));
      }
    }
  }

  /** Compiles the manifests that have been wanted for longest, and says which failed; undefined when none is wanted. */
  private async compileSome(): Promise<Failed[] | undefined> {
    const most = this.alone > 0 ? 1 : MOST_SERVERS;
    let batch: readonly Wanted[] = [];
    const observed = this.seconds.startTimer();
    try {
      return await this.unitOfWork.asSystem('manifest-compile', async () => {
        batch = within(await this.manifests.takeWanted(most));
        if (batch.length === 0) return undefined;
        afterCommit(() => void observed());
        const failed = await this.compile(batch.map(({ serverUid }) => serverUid));
        const isFailed = new Set(failed.map(({ serverUid }) => serverUid));
        await this.manifests.unwant(batch.filter(({ serverUid }) => !isFailed.has(serverUid)));
        this.alone = Math.max(0, this.alone - 1);
        return failed;
      });
    } catch (error) {
      const [first] = batch;
      if (!first || isDatabaseAway(error)) throw error;
      this.alone = batch.length > 1 ? batch.length : Math.max(0, this.alone - 1);
      return batch.length > 1 ? [] : [{ serverUid: first.serverUid, error }];
    }
  }

  /** A revision moves only when the content does: a wake-up for nothing sends nothing. */
  private async compile(serverUids: readonly string[]): Promise<Failed[]> {
    const placed = await this.placed.onServers(serverUids);
    const discarded = await this.orphans.discarded(serverUids);
    const before = await this.manifests.find(serverUids);
    const epoch = await this.manifests.epoch();
    const compiled: Recompiled[] = [];
    const failed: Failed[] = [];
    for (const serverUid of serverUids) {
      try {
        const manifest = compileManifest(
          placed.get(serverUid) ?? [],
          this.bodies.of,
          discarded.get(serverUid) ?? [],
        );
        const one = changed({ serverUid, epoch, manifest }, before.get(serverUid));
        if (one) compiled.push(one);
      } catch (error) {
        failed.push({ serverUid, error });
      }
    }
    const fresh = await this.causes.addTo(compiled, before);
    await this.manifests.save(fresh);
    await this.notes.record(fresh, (serverUid) => before.get(serverUid)?.index);
    if (fresh.length > 0) this.wake.notify('manifests');
    failpoint('manifest.written');
    afterCommit(() => failpoint('manifest.committed'));
    return failed;
  }
}

/** At least one, and no more than fit. */
function within(wanted: readonly Wanted[]): Wanted[] {
  let placements = 0;
  return wanted.filter((one, index) => (placements += one.placements) <= MOST_PLACEMENTS || index === 0);
}

/** The next revision; undefined when the bytes would be those of the present one. */
function changed(
  wish: Pick<NewManifest, 'serverUid' | 'epoch' | 'manifest'>,
  before: ManifestRow | undefined,
): Recompiled | undefined {
  const { serverUid, epoch, manifest } = wish;
  const bytes = (revision: bigint): Uint8Array => indexBytes(manifest, { epoch, revision, serverUid });
  if (before?.index.equals(bytes(before.revision))) return undefined;
  const revision = (before?.revision ?? 0n) + 1n;
  return { ...wish, revision, index: bytes(revision) };
}
