import { randomBytes } from 'node:crypto';
import type { Files } from '../../host/fs/port';
import { nginxMessage, type NginxRuntime } from '../../host/nginx';
import { assembleGeneration, hookText, type ForeignHolds, type IncludedSite } from './assemble';
import { foreignPorts, type Change } from './change';
import { digestOf, type Contribution, type ServerFacts } from './contribution';
import { holdsOf, shadowOf } from './foreign';
import { GenerationStore, SITE_FILE, type SiteSet } from './generation-store';
import { layoutOf, sitePath, uidInPath } from './layout';

export interface ShadowEnvironment {
  readonly runtime: NginxRuntime;
  readonly facts: ServerFacts;
  readonly files: Files;
  /** Of what is live. */
  readonly store: GenerationStore;
}

/**
 * Has nginx test the changes beside what is live, in a folder of their own that is gone afterwards; nothing live
 * changes. The problem, if there is one.
 */
export async function testInShadow(
  changes: ReadonlyMap<string, Change>,
  live: SiteSet,
  environment: ShadowEnvironment,
): Promise<string | undefined> {
  const { runtime, facts, files, store } = environment;
  const foreign = await runtime.readForeign();
  for (const { contribution } of changes.values()) {
    const ports = contribution ? foreignPorts(contribution, facts) : [];
    const shadowed = contribution && shadowOf(contribution.domains, ports, foreign);
    if (shadowed !== undefined) return shadowed;
  }
  const folder = `${store.layout.folder}/shadow-${randomBytes(6).toString('hex')}`;
  const shadow = new Shadow(environment, folder, holdsOf(foreign));
  try {
    return await shadow.test(changes, live);
  } finally {
    await files.removeTree(folder);
  }
}

class Shadow {
  private readonly store: GenerationStore;

  constructor(
    private readonly environment: ShadowEnvironment,
    private readonly folder: string,
    private readonly holds: ForeignHolds,
  ) {
    const { files, runtime } = environment;
    this.store = new GenerationStore(files, layoutOf(folder), runtime.workerUser);
  }

  async test(changes: ReadonlyMap<string, Change>, live: SiteSet): Promise<string | undefined> {
    const staged = new Map(changes);
    await this.store.prepare();
    for (;;) {
      const problem = await this.testSites(staged, live);
      const uid = problem === undefined ? undefined : uidInPath(this.environment.store.layout, problem);
      const digest = uid === undefined ? undefined : live.get(uid)?.digest;
      if (problem === undefined || uid === undefined || digest === undefined || staged.has(uid))
        return problem;
      // A commit would put back a hand edit that blocks it: so it is tested as it should be.
      const contribution = await this.environment.store.readContribution(uid, digest);
      if (!contribution) return problem;
      staged.set(uid, { contribution });
    }
  }

  /** What is not staged is tested where it lies. */
  private async testSites(staged: ReadonlyMap<string, Change>, live: SiteSet): Promise<string | undefined> {
    const { files, runtime, facts, store } = this.environment;
    const contributions = [...staged.values()].flatMap(({ contribution }) => contribution ?? []);
    await this.store.stageSites(contributions);
    const included = [
      ...[...live]
        .filter(([uid]) => !staged.has(uid))
        .map(([uid, site]) => ({
          facts: site.facts,
          path: `${sitePath(store.layout, uid, site.digest)}/${SITE_FILE}`,
        })),
      ...contributions.map((contribution) => this.includedOf(contribution)),
    ];
    const path = `${this.folder}/shadow.conf`;
    const text = assembleGeneration('0000000000', included, facts, this.holds);
    await files.writeStaged(path, text, { mode: 0o600 });
    const tested = await runtime.test(hookText(path));
    return tested.exitCode === 0 ? undefined : nginxMessage(tested.stderr);
  }

  private includedOf(contribution: Contribution): IncludedSite {
    const folder = sitePath(this.store.layout, contribution.uid, digestOf(contribution));
    return { facts: contribution, path: `${folder}/${SITE_FILE}` };
  }
}
