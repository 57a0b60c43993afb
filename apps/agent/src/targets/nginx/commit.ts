import { messageOf } from '@ostler/kernel';
import type { Files } from '../../host/fs/port';
import { nginxMessage } from '../../host/nginx';
import type { ForeignConfiguration } from '../../host/nginx';
import { assembleGeneration, hookText } from './assemble';
import { blamedByPort, foreignPorts, type Change, type Refusal } from './change';
import { digestOf, factsOf, type Contribution } from './contribution';
import { holdsOf, shadowOf } from './foreign';
import { filesOf, SITE_FILE, type GenerationStore, type SiteSet, type StoredSite } from './generation-store';
import { writeJournal } from './journal';
import { generationPath, sitePath, uidInPath } from './layout';
import { blamedIn, inWords } from './messages';
import { lookBefore, watchReload, type WatchEnvironment } from './watch';

/** Where a test may kill the agent; the names are in failpoints/registry.ts. */
export type CommitFailpoint =
  | 'nginx.staged'
  | 'nginx.tested'
  | 'nginx.journalled'
  | 'nginx.swapped'
  | 'nginx.reloaded'
  | 'nginx.watched'
  | 'nginx.committed'
  | 'nginx.rolled-back';

export interface CommitEnvironment extends WatchEnvironment {
  readonly files: Files;
  readonly store: GenerationStore;
  readonly failpoint: (name: CommitFailpoint) => void;
  readonly log: (line: string, fields?: Record<string, unknown>) => void;
}

export interface Live {
  readonly generation: string | null;
  readonly sites: SiteSet;
}

type Attempt =
  | { readonly ok: true; readonly live: Live }
  | {
      readonly ok: false;
      readonly stage: 'test' | 'reload';
      readonly message: string;
      readonly offenders: ReadonlyMap<string, string>;
    };

export interface Committed {
  readonly live: Live;
  /** Why, for each change that did not go live. The rest did. */
  readonly refused: ReadonlyMap<string, Refusal>;
}

/**
 * Brings as many changes live as pass. An attempt is: stage, test, journal, swap, reload, watch.
 * What fails is told apart by nginx's own words, then by halving; the configuration is the old or the new one at
 * every moment.
 */
export class Commit {
  private readonly refused = new Map<string, Refusal>();
  private repaired = false;

  constructor(
    private readonly environment: CommitEnvironment,
    private live: Live,
    private readonly foreign: ForeignConfiguration,
  ) {}

  async run(changes: ReadonlyMap<string, Change>): Promise<Committed> {
    await this.bring(this.withoutShadowed(changes));
    return { live: this.live, refused: this.refused };
  }

  private withoutShadowed(changes: ReadonlyMap<string, Change>): Map<string, Change> {
    const { facts } = this.environment;
    const clear = new Map<string, Change>();
    for (const [uid, change] of changes) {
      const ports = change.contribution ? foreignPorts(change.contribution, facts) : [];
      const shadow = change.contribution && shadowOf(change.contribution.domains, ports, this.foreign);
      if (shadow === undefined) clear.set(uid, change);
      else this.refused.set(uid, { reason: 'DOMAIN_SHADOWED', message: shadow });
    }
    return clear;
  }

  private async bring(changes: ReadonlyMap<string, Change>): Promise<void> {
    let candidate = new Map(changes);
    while (candidate.size > 0) {
      const result = await this.attempt(candidate);
      if (result.ok) {
        this.live = result.live;
        return;
      }
      const reason = result.stage === 'test' ? 'NGINX_TEST_FAILED' : 'NGINX_RELOAD_FAILED';
      const blamed = [...result.offenders].filter(([uid]) => candidate.has(uid));
      if (blamed.length > 0) {
        for (const [uid, message] of blamed) await this.refuse(uid, reason, message, candidate);
      } else if (!this.repaired && (await this.repairBlamed(result.offenders))) {
        this.repaired = true;
      } else if (result.stage === 'test') {
        candidate = await this.passing(candidate, result.message);
      } else if (candidate.size === 1) {
        for (const uid of candidate.keys()) await this.refuse(uid, reason, result.message, candidate);
      } else {
        const [first, second] = halves(candidate);
        await this.bring(first);
        await this.bring(second);
        return;
      }
    }
  }

  private async refuse(
    uid: string,
    reason: Refusal['reason'],
    message: string,
    candidate: Map<string, Change>,
  ): Promise<void> {
    this.refused.set(uid, { reason, message: `${await this.words(message, candidate)}.` });
    candidate.delete(uid);
  }

  /** The largest set that passes the test, found by halving, when nginx names nobody. */
  private async passing(
    candidate: ReadonlyMap<string, Change>,
    message: string,
  ): Promise<Map<string, Change>> {
    const baseline = await this.testSet(new Map());
    if (baseline !== undefined) {
      const words = await this.words(baseline, candidate);
      for (const uid of candidate.keys())
        this.refused.set(uid, {
          reason: 'NGINX_BROKEN',
          message: `The nginx configuration of this server fails its test without any change of Ostler's: ${words}.`,
        });
      return new Map();
    }
    const passing = new Map<string, Change>();
    const add = async (part: ReadonlyMap<string, Change>, known?: string): Promise<void> => {
      const problem = known ?? (await this.testSet(new Map([...passing, ...part])));
      if (problem === undefined) for (const [uid, change] of part) passing.set(uid, change);
      else if (part.size === 1)
        for (const uid of part.keys())
          this.refused.set(uid, {
            reason: 'NGINX_TEST_FAILED',
            message: `${await this.words(problem, part)}.`,
          });
      else for (const half of halves(part)) await add(half);
    };
    await add(candidate, message);
    return passing;
  }

  /** A message when the set does not pass. */
  private async testSet(changes: ReadonlyMap<string, Change>): Promise<string | undefined> {
    const staged = await this.stage(changes);
    return staged.problem;
  }

  private async stage(
    changes: ReadonlyMap<string, Change>,
  ): Promise<{ generation: string; sites: SiteSet; problem?: string }> {
    const { store, runtime, facts, failpoint } = this.environment;
    const sites = applied(this.live.sites, changes);
    await store.stageSites([...changes.values()].flatMap(({ contribution }) => contribution ?? []));
    const generation = await store.nextGeneration();
    const included = [...sites].map(([uid, site]) => ({
      facts: site.facts,
      path: `${sitePath(store.layout, uid, site.digest)}/${SITE_FILE}`,
    }));
    const text = assembleGeneration(generation, included, facts, holdsOf(this.foreign));
    await store.writeGeneration(generation, text, digestsOf(sites));
    failpoint('nginx.staged');
    const tested = await runtime.test(hookText(generationPath(store.layout, generation)));
    failpoint('nginx.tested');
    if (tested.timedOut)
      return { generation, sites, problem: "nginx's test of the configuration did not end in time" };
    if (tested.exitCode !== 0)
      return { generation, sites, problem: nginxMessage(`${tested.stderr}\n${tested.stdout}`) };
    return { generation, sites };
  }

  private async attempt(changes: ReadonlyMap<string, Change>): Promise<Attempt> {
    const { files, store, failpoint, clock, log } = this.environment;
    const begin = clock.monotonic();
    const { generation, sites, problem } = await this.stage(changes);
    if (problem !== undefined) {
      const uid = blamedIn(problem, store.layout);
      return {
        ok: false,
        stage: 'test',
        message: problem,
        offenders: new Map(uid === undefined ? [] : [[uid, problem]]),
      };
    }
    const from = this.live.generation;
    const swapping = clock.monotonic();
    await writeJournal(files, store.layout, { current: from, commit: { from, to: generation } });
    failpoint('nginx.journalled');
    const watched = await this.swapAndWatch(generation, changes);
    if (!watched.ok) {
      await this.rollBack(from, watched.loaded);
      const offenders =
        watched.offenders.size > 0 ? watched.offenders : blamedByPort(watched.message, changes);
      return { ok: false, stage: 'reload', message: watched.message, offenders };
    }
    failpoint('nginx.watched');
    await writeJournal(files, store.layout, { current: generation });
    failpoint('nginx.committed');
    const [testMs, loadMs] = [swapping - begin, clock.monotonic() - swapping].map(Math.round);
    log('nginx serves a new generation', {
      generation,
      changes: changes.size,
      sites: sites.size,
      testMs,
      loadMs,
    });
    return { ok: true, live: { generation, sites } };
  }

  private async swapAndWatch(generation: string, changes: ReadonlyMap<string, Change>) {
    const { runtime, files, store, failpoint } = this.environment;
    const before = await lookBefore(this.environment.runtime);
    await files.writeAtomic(runtime.hookPath, hookText(generationPath(store.layout, generation)), {
      mode: 0o644,
    });
    failpoint('nginx.swapped');
    if (!before) return this.startWith(generation, changes);
    await runtime.reload();
    failpoint('nginx.reloaded');
    return watchReload(before, expectedOf(generation, changes), this.environment);
  }

  /** nginx did not run: it starts with the new configuration, and is then probed like after a reload. */
  private async startWith(generation: string, changes: ReadonlyMap<string, Change>) {
    const { runtime } = this.environment;
    try {
      await runtime.ensureRunning();
    } catch (error) {
      return {
        ok: false,
        loaded: true,
        message: messageOf(error),
        offenders: new Map<string, string>(),
      } as const;
    }
    const processes = await runtime.processes();
    const { size } = await runtime.errorsAfter(Number.MAX_SAFE_INTEGER);
    const before = {
      processes: { masterPid: processes?.masterPid ?? 0, workerPids: [] },
      errorLogSize: size,
    };
    return watchReload(before, expectedOf(generation, changes), this.environment);
  }

  private async rollBack(from: string | null, loaded: boolean): Promise<void> {
    const { runtime, files, store, failpoint, log } = this.environment;
    const text = hookText(from === null ? undefined : generationPath(store.layout, from));
    await files.writeAtomic(runtime.hookPath, text, { mode: 0o644 });
    const before = await lookBefore(this.environment.runtime);
    if (loaded && before) {
      await runtime.reload();
      const watched = await watchReload(before, { generation: from ?? '', sites: [] }, this.environment);
      if (!watched.ok) log('nginx did not go back to the configuration before', { message: watched.message });
    } else if (!before) await runtime.ensureRunning().catch((error: unknown) => log(messageOf(error)));
    failpoint('nginx.rolled-back');
    await writeJournal(files, store.layout, { current: from });
  }

  /** A hand edit that breaks a live site would block every other change: its file is put back. */
  private async repairBlamed(offenders: ReadonlyMap<string, string>): Promise<boolean> {
    const { store, log } = this.environment;
    for (const uid of offenders.keys()) {
      const digest = this.live.sites.get(uid)?.digest;
      const contribution = digest === undefined ? undefined : await store.readContribution(uid, digest);
      if (digest === undefined || !contribution) continue;
      const folder = sitePath(store.layout, uid, digest);
      for (const file of filesOf(contribution, folder)) await store.restoreFile(folder, file);
      log("a site's file that was edited by hand failed nginx's test and was put back", {
        site: contribution.name,
      });
      return true;
    }
    return false;
  }

  private async words(message: string, changes: ReadonlyMap<string, Change>): Promise<string> {
    const { layout } = this.environment.store;
    const uid = uidInPath(layout, message);
    const contribution = uid === undefined ? undefined : await this.contributionOf(uid, changes);
    const folder = contribution && sitePath(layout, contribution.uid, digestOf(contribution));
    const text =
      contribution && filesOf(contribution, folder ?? '').find((file) => file.name === SITE_FILE)?.content;
    return inWords(message, layout, (named) => (named === uid ? text : undefined));
  }

  private async contributionOf(
    uid: string,
    changes: ReadonlyMap<string, Change>,
  ): Promise<Contribution | undefined> {
    const changed = changes.get(uid)?.contribution;
    const digest = this.live.sites.get(uid)?.digest;
    if (changed || digest === undefined) return changed;
    return this.environment.store.readContribution(uid, digest);
  }
}

function* digestsOf(sites: SiteSet): Iterable<[string, string]> {
  for (const [uid, { digest }] of sites) yield [uid, digest];
}

function applied(sites: SiteSet, changes: ReadonlyMap<string, Change>): SiteSet {
  const next = new Map<string, StoredSite>(sites);
  for (const [uid, { contribution }] of changes) {
    if (contribution) next.set(uid, { digest: digestOf(contribution), facts: factsOf(contribution) });
    else next.delete(uid);
  }
  const ordered = new Map<string, StoredSite>();
  for (const uid of [...next.keys()].sort()) ordered.set(uid, next.get(uid)!);
  return ordered;
}

function expectedOf(generation: string, changes: ReadonlyMap<string, Change>) {
  const sites = [...changes].flatMap(([uid, { contribution }]) =>
    contribution ? [{ uid, points: contribution.probes }] : [],
  );
  return { generation, sites };
}

function halves(changes: ReadonlyMap<string, Change>): [Map<string, Change>, Map<string, Change>] {
  const all = [...changes];
  const middle = Math.ceil(all.length / 2);
  return [new Map(all.slice(0, middle)), new Map(all.slice(middle))];
}
