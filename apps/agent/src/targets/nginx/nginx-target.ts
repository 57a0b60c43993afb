import { randomBytes } from 'node:crypto';
import type { FileChange } from '@ostler/contracts';
import { messageOf, pause, type Clock } from '@ostler/kernel';
import type { Files } from '../../host/fs/port';
import type { Net } from '../../host/net';
import type { ForeignConfiguration, FoundNginx, NginxMissing, NginxRuntime } from '../../host/nginx';
import { foreignPorts, type Change, type Refusal } from './change';
import { Commit, type CommitEnvironment, type CommitFailpoint, type Live } from './commit';
import { digestOf, type Contribution, type ServerFacts } from './contribution';
import { observeDrift, plannedFiles, undoDrift } from './drift';
import { shadowOf } from './foreign';
import { GenerationStore, SITE_FILE } from './generation-store';
import { layoutOf, sitePath, type Layout } from './layout';
import { rotateLogs, type RotationLimits } from './log-rotation';
import { recover } from './recover';
import { SeenFiles } from './seen-files';
import { testInShadow } from './shadow';

export interface NginxTargetOptions {
  readonly files: Files;
  readonly net: Net;
  readonly clock: Clock;
  readonly log: (line: string, fields?: Record<string, unknown>) => void;
  readonly failpoint: (name: CommitFailpoint) => void;
  /** Folder of the target, like /var/lib/ostler-agent/nginx; its parents must be open to nginx's workers. */
  readonly folder: string;
  /** Looks for nginx; asked again while it is missing. */
  readonly find: () => Promise<FoundNginx>;
}

export type Outcome =
  | { readonly committed: true; readonly generation: string | null }
  | {
      readonly committed: false;
      readonly reason: Refusal['reason'] | 'NGINX_UNAVAILABLE';
      readonly message: string;
    };

/** How long more changes are waited for once one is ready, so that they share a test and a reload. */
const GATHER_STEP_MS = 15;
const GATHER_MOST_MS = 250;

const REMEMBERED_BATCHES = 5;
const LOOK_HOLDS_MS = 5_000;

interface Waiting {
  readonly change: Change;
  readonly settle: ((outcome: Outcome) => void)[];
}

/** A target that has found its nginx. */
interface Ready {
  readonly runtime: NginxRuntime;
  readonly environment: CommitEnvironment;
}

/**
 * What every site of this server shares: one nginx. Changes that are ready are committed together; what arrives
 * during a commit joins the next one.
 */
export class NginxTarget {
  readonly layout: Layout;
  private look: { readonly atMs: number; readonly foreign: Promise<ForeignConfiguration> } | undefined;
  /** Sites of the commit under way: what is live of them is about to change. */
  private inFlight: ReadonlySet<string> = new Set();
  private recentlyChanged: ReadonlySet<string>[] = [];
  private live: Live = { generation: null, sites: new Map() };
  private waiting = new Map<string, Waiting>();
  private committing: Promise<void> | undefined;
  private ready: Ready | undefined;
  private preparing: Promise<Ready | NginxMissing> | undefined;
  private readonly seen: SeenFiles;

  constructor(private readonly options: NginxTargetOptions) {
    this.layout = layoutOf(options.folder);
    this.seen = new SeenFiles(options.files);
  }

  /** Finds nginx, heals what a crash left, starts nginx. Facts for rendering, or why there can be no site. */
  async prepare(): Promise<ServerFacts | NginxMissing> {
    const ready = await this.whenReady();
    return 'reason' in ready ? ready : ready.environment.facts;
  }

  /** The nginx of this server, for operations and capabilities. */
  async runtime(): Promise<NginxRuntime | NginxMissing> {
    const ready = await this.whenReady();
    return 'reason' in ready ? ready : ready.runtime;
  }

  private async whenReady(): Promise<Ready | NginxMissing> {
    if (this.ready) return this.ready;
    this.preparing ??= this.findAndRecover().finally(() => (this.preparing = undefined));
    return this.preparing;
  }

  private async findAndRecover(): Promise<Ready | NginxMissing> {
    const { files, net, clock, log, failpoint, find } = this.options;
    const found = await find();
    if (!found.found) return { reason: found.reason, message: found.message };
    const { runtime } = found;
    const store = new GenerationStore(files, this.layout, runtime.workerUser);
    await store.prepare();
    const facts = await this.factsOf(runtime);
    const environment = { runtime, net, clock, facts, files, store, failpoint, log };
    this.live = await recover(environment);
    await store.collectGarbage(this.live.generation);
    await runtime.ensureRunning().catch((error: unknown) => log(messageOf(error)));
    this.ready = { runtime, environment };
    return this.ready;
  }

  private async factsOf(runtime: NginxRuntime): Promise<ServerFacts> {
    return {
      nginxVersion: runtime.version,
      httpPort: runtime.httpPort,
      httpsPort: runtime.httpsPort,
      ipv6: runtime.ipv6,
      challengeFolder: this.layout.challenges,
      logFolder: this.layout.logs,
      emptyFolder: this.layout.empty,
      probePath: `/.well-known/ostler/${await this.probeSecret()}`,
    };
  }

  /** Kept over restarts: it stands in every rendered file. */
  private async probeSecret(): Promise<string> {
    const { files } = this.options;
    const kept = Buffer.from((await files.read(this.layout.probeSecret)) ?? []).toString();
    if (/^[0-9a-f]{32}$/.test(kept)) return kept;
    const secret = randomBytes(16).toString('hex');
    await files.writeAtomic(this.layout.probeSecret, secret, { mode: 0o600 });
    return secret;
  }

  isServed(uid: string): boolean {
    return this.live.sites.has(uid);
  }

  /** Inputs of what is live of a site: its salted password hashes are used again. */
  liveInputs(uid: string): Contribution['inputs'] | undefined {
    return this.live.sites.get(uid)?.facts?.inputs;
  }

  /** Resolves when the contribution is served, or with why it is not; then what was live before still is. */
  async submit(contribution: Contribution): Promise<Outcome> {
    const ready = await this.whenReady();
    if ('reason' in ready) return { committed: false, reason: 'NGINX_UNAVAILABLE', message: ready.message };
    if (!this.waiting.has(contribution.uid) && this.isLive(contribution))
      return this.confirm(contribution, ready);
    return this.enqueue(contribution.uid, { contribution });
  }

  async remove(uid: string): Promise<Outcome> {
    const ready = await this.whenReady();
    if ('reason' in ready) {
      // What was once served would be again as soon as nginx is back: that waits for nginx to be taken out of it.
      const isKnown = (await this.options.files.list(`${this.layout.sites}/${uid}`)).length > 0;
      if (!isKnown) return { committed: true, generation: null };
      return { committed: false, reason: 'NGINX_UNAVAILABLE', message: ready.message };
    }
    if (!this.waiting.has(uid) && !this.live.sites.has(uid) && !this.inFlight.has(uid))
      return { committed: true, generation: this.live.generation };
    const outcome = await this.enqueue(uid, {});
    if (outcome.committed) {
      this.seen.forget(uid);
      const names = (await this.options.files.list(this.layout.logs)).filter((name) =>
        name.startsWith(`${uid}.`),
      );
      for (const name of names) await this.options.files.removeTree(`${this.layout.logs}/${name}`);
    }
    return outcome;
  }

  /** Files of a site that were edited by hand; `known` saves reading what is live, if it is that. */
  async observeDrift(uid: string, known?: Contribution): Promise<FileChange[]> {
    const digest = this.live.sites.get(uid)?.digest;
    if (digest === undefined || !this.ready) return [];
    const folder = sitePath(this.layout, uid, digest);
    const contribution = await this.readLive(uid, this.ready, known);
    if (!contribution) return [];
    const names = [SITE_FILE, ...contribution.files.map(({ name }) => name)];
    const look = await this.seen.look(uid, folder, names, this.options.clock.now());
    if (look.isAsSeen) return [];
    const changes = await observeDrift(contribution, folder, this.options.files);
    if (changes.length === 0) look.remember();
    return changes;
  }

  /** Puts a site's files back and has nginx load them. */
  async enforce(uid: string, known?: Contribution): Promise<Outcome> {
    const ready = await this.whenReady();
    const nothing: Outcome = { committed: true, generation: this.live.generation };
    if ('reason' in ready) return nothing;
    const contribution = await this.readLive(uid, ready, known);
    if (!contribution) return nothing;
    const folder = sitePath(this.layout, uid, digestOf(contribution));
    await undoDrift(contribution, folder, ready.environment.store);
    return this.enqueue(uid, { contribution });
  }

  private async readLive(
    uid: string,
    { environment }: Ready,
    known?: Contribution,
  ): Promise<Contribution | undefined> {
    const digest = this.live.sites.get(uid)?.digest;
    if (known && digestOf(known) === digest) return known;
    return digest === undefined ? undefined : environment.store.readContribution(uid, digest);
  }

  /** Plans in a shadow tree and has nginx test it; nothing live changes. */
  async preview(
    changes: ReadonlyMap<string, Change>,
  ): Promise<{ readonly problem?: string; readonly files: FileChange[] }> {
    const ready = await this.whenReady();
    const files: FileChange[] = [];
    for (const [uid, { contribution }] of changes) {
      const before = 'reason' in ready ? undefined : await this.readLive(uid, ready);
      files.push(...plannedFiles(before, contribution, this.layout));
    }
    if ('reason' in ready) return { problem: ready.message, files };
    return { problem: await testInShadow(changes, this.live.sites, ready.environment), files };
  }

  /** Renames logs that grew large and has nginx open new ones. */
  async rotateLogs(limits?: RotationLimits): Promise<void> {
    if (this.ready) await rotateLogs(this.layout, this.options.files, this.ready.runtime, limits);
  }

  /** Starts nginx again when it ended; part of the agent's regular look at its server. */
  async keepRunning(): Promise<void> {
    if (this.ready && !this.committing) await this.ready.runtime.ensureRunning();
  }

  /** Whatever nginx is to have at its next start. */
  async keepSettings(): Promise<void> {
    if (this.ready && !this.committing) await this.ready.runtime.keepSettings();
  }

  /** Waits for the commit under way and ends a private nginx. */
  async stop(): Promise<void> {
    await this.committing;
    await this.ready?.runtime.stop();
  }

  private isLive(contribution: Contribution): boolean {
    return (
      !this.inFlight.has(contribution.uid) &&
      this.live.sites.get(contribution.uid)?.digest === digestOf(contribution)
    );
  }

  /** The same again: nothing is written, but a foreign server block may have come, or nginx gone. */
  private async confirm(contribution: Contribution, ready: Ready): Promise<Outcome> {
    try {
      const foreign = await this.lookAround(ready);
      const shadow = shadowOf(
        contribution.domains,
        foreignPorts(contribution, ready.environment.facts),
        foreign,
      );
      if (shadow !== undefined) return { committed: false, reason: 'DOMAIN_SHADOWED', message: shadow };
      return { committed: true, generation: this.live.generation };
    } catch (error) {
      return { committed: false, reason: 'NGINX_UNAVAILABLE', message: messageOf(error) };
    }
  }

  /** One look serves every site that asks within a few seconds. */
  private lookAround({ runtime }: Ready): Promise<ForeignConfiguration> {
    const now = this.options.clock.monotonic();
    if (!this.look || now - this.look.atMs > LOOK_HOLDS_MS) {
      const foreign = runtime.ensureRunning().then(() => runtime.readForeign());
      this.look = { atMs: now, foreign };
      foreign.catch(() => (this.look = undefined));
    }
    return this.look.foreign;
  }

  private enqueue(uid: string, change: Change): Promise<Outcome> {
    return new Promise((settle) => {
      // A newer wish replaces one that was not begun; who waited for it gets the newer one's outcome.
      const before = this.waiting.get(uid)?.settle ?? [];
      this.waiting.set(uid, { change, settle: [...before, settle] });
      this.committing ??= this.commitAll();
    });
  }

  private async commitAll(): Promise<void> {
    try {
      while (this.waiting.size > 0) await this.commitWaiting();
    } finally {
      // In the same turn as the look above: what comes a turn later begins a commit of its own, and is not forgotten.
      this.committing = undefined;
    }
  }

  private async commitWaiting(): Promise<void> {
    await this.gather();
    const batch = this.waiting;
    this.waiting = new Map();
    this.inFlight = new Set(batch.keys());
    const refused = await this.commitBatch(batch);
    this.inFlight = new Set();
    for (const [uid, { settle }] of batch) {
      const refusal = refused.get(uid);
      const outcome: Outcome = refusal
        ? { committed: false, ...refusal }
        : { committed: true, generation: this.live.generation };
      for (const each of settle) each(outcome);
    }
    await this.collectGarbage(new Set(batch.keys()));
  }

  /** Sites that changed stay remembered until the generations that still name their old folders are gone. */
  private async collectGarbage(changed: ReadonlySet<string>): Promise<void> {
    this.recentlyChanged = [changed, ...this.recentlyChanged].slice(0, REMEMBERED_BATCHES);
    const uids = new Set(this.recentlyChanged.flatMap((batch) => [...batch]));
    await this.ready?.environment.store
      .collectGarbage(this.live.generation, uids)
      .catch((error: unknown) =>
        this.options.log('old generations were not removed', { message: messageOf(error) }),
      );
  }

  private async gather(): Promise<void> {
    const { clock } = this.options;
    const end = clock.monotonic() + GATHER_MOST_MS;
    for (let seen = -1; seen !== this.waiting.size && clock.monotonic() < end;) {
      seen = this.waiting.size;
      await pause(clock, GATHER_STEP_MS);
    }
  }

  private async commitBatch(batch: ReadonlyMap<string, Waiting>) {
    const changes = new Map([...batch].map(([uid, { change }]) => [uid, change]));
    try {
      const { runtime, environment } = this.ready!;
      const committed = await new Commit(environment, this.live, await runtime.readForeign()).run(changes);
      this.live = committed.live;
      return new Map<string, { reason: Refusal['reason'] | 'NGINX_UNAVAILABLE'; message: string }>(
        committed.refused,
      );
    } catch (error) {
      this.options.log('an nginx commit failed', { message: messageOf(error) });
      // What is on disk decides, as after a crash.
      if (this.ready) this.live = await recover(this.ready.environment).catch(() => this.live);
      const reason = 'NGINX_UNAVAILABLE' as const;
      return new Map([...changes.keys()].map((uid) => [uid, { reason, message: messageOf(error) }]));
    }
  }
}
