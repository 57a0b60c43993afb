import type { ChallengeServe, Kind, ServerReport } from '@ostler/contracts';
import type { Clock, Timer } from '@ostler/kernel';
import type { AgentConfig } from './config';
import { Core } from './core/agent-core';
import { LateLink } from './core/late-link';
import { ManifestIntake } from './core/manifest-intake';
import { type OwnProgram, SelfUpdates } from './core/self-updates';
import { NginxPresence, ServerFacts } from './health';
import type { Exec, Units } from './host/exec';
import type { Files } from './host/fs';
import type { Machine } from './host/machine';
import type { FoundNginx } from './host/nginx';
import type { AgentCore } from './link/core.port';
import {
  diagnose,
  installNginx,
  noop,
  OperationRunner,
  showNginxConfiguration,
  testNginxConfiguration,
  type OperationKind,
} from './operations';
import { bounded, LocalPolicy } from './policy';
import { Reconciler, type Driver } from './reconcile';
import { ReleaseStore } from './releases';
import type { BodyRules, Store } from './store';
import type { Log } from './telemetry';

/** What the server gives to an agent: the real ones come from main.ts, fakes from tests. */
export interface AgentDeps {
  readonly config: AgentConfig;
  readonly serverUid: () => string;
  readonly isRoot: boolean;
  readonly store: Store;
  readonly files: Files;
  readonly exec: Exec;
  readonly units: Units;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly log: Log;
  /** The last lines of the log that tell of trouble. */
  readonly recentTrouble: () => readonly string[];
  readonly random?: () => number;
  readonly rules: BodyRules;
  readonly findNginx: () => Promise<FoundNginx>;
  readonly self: OwnProgram;
  /** Drivers need what the agent makes first. */
  readonly makeDrivers: (parts: AgentParts) => AgentDrivers;
}

export interface AgentParts {
  readonly link: LateLink;
  readonly nginx: NginxPresence;
  readonly policy: LocalPolicy;
}

export interface AgentDrivers {
  readonly drivers: readonly Driver[];
  readonly serveChallenge: (challenge: ChallengeServe) => Promise<void>;
  /** Ends what the drivers watch and own; what they serve goes on. */
  readonly stop: () => Promise<void>;
}

export interface Agent {
  readonly core: AgentCore;
  /** To be bound to the real one before `start`. */
  readonly link: LateLink;
  readonly reconciler: Reconciler;
  /** Makes what is stored so, with or without a control plane. */
  start(): Promise<void>;
  /** Workloads, units and the store go on. */
  stop(): Promise<void>;
}

const COLLECT_RELEASES_MS = 10 * 60_000;
const KEPT_RELEASES_PER_SITE = 3;

/** Puts the parts of an agent together; nothing runs before `start`. */
export function createAgent(deps: AgentDeps): Agent {
  const { store, files, clock, log, config, random } = deps;
  const link = new LateLink();
  const nginx = new NginxPresence(deps.findNginx);
  const policy = new LocalPolicy({ files, clock, log });
  const { drivers, serveChallenge, stop: stopDrivers } = deps.makeDrivers({ link, nginx, policy });
  const releases = new ReleaseStore({ folder: config.folders.releases, files, source: link, log });
  const release = (digest: string): Promise<string> => releases.folder(digest);
  const reconciler = new Reconciler({
    ...{ store, drivers, clock, log, random, release },
    statusChanged: () => link.pokeStatus(),
    refusesKind: (kind: Kind) => policy.refusesKind(kind),
  });
  const self = { ...deps.self, updatesForbidden: () => updatesForbidden(deps, policy) };
  const updates = new SelfUpdates({ ...deps, self, stateFolder: config.folders.state, link });
  const facts = createFacts(deps, nginx, link, updates);
  const operations = createOperations(deps, { link, nginx, facts, updates, policy });
  const intake = new ManifestIntake({ store, reconciler, rules: deps.rules, log, serverUid: deps.serverUid });
  const serverReport = () => reportWithPolicy(facts, policy);
  const core = new Core({
    store,
    intake,
    reconciler,
    rules: deps.rules,
    operations,
    mayBegin: updates.settled,
    serverReport,
    serveChallenge,
  });
  nginx.onChange(() => reconciler.start());
  policy.onChange(() => {
    link.pokeServerReport();
    reconciler.start();
  });

  const collector = releaseCollector(reconciler, releases, deps);

  return {
    core,
    link,
    reconciler,
    async start() {
      await policy.start();
      await updates.begin();
      await facts.refresh();
      await operations.recover();
      await intake.judgeAgain();
      reconciler.start();
      collector.start();
    },
    async stop() {
      collector.stop();
      facts.stop();
      policy.stop();
      updates.stop();
      operations.stop();
      reconciler.stop();
      await Promise.all([stopDrivers(), deps.rules.stop()]);
    },
  };
}

/** Removes content that no site needs any more, every now and then. */
function releaseCollector(reconciler: Reconciler, store: ReleaseStore, { clock, log }: AgentDeps) {
  let timer: Timer | undefined;
  const collect = (): void => {
    start();
    const { inUse, sites } = reconciler.releases();
    store.collect(inUse, KEPT_RELEASES_PER_SITE * Math.max(1, sites)).catch((error: unknown) => {
      log.warn('releases could not be collected', { error });
    });
  };
  const start = (): void => void (timer = clock.after(COLLECT_RELEASES_MS, collect));
  return { start, stop: (): void => timer?.cancel() };
}

async function reportWithPolicy(facts: ServerFacts, policy: LocalPolicy): Promise<ServerReport> {
  await policy.refresh();
  return { ...(await facts.report()), localPolicy: policy.report() };
}

async function updatesForbidden({ self }: AgentDeps, policy: LocalPolicy): Promise<string | undefined> {
  return (await self.updatesForbidden()) ?? policy.refuses('self_update');
}

function createFacts(
  deps: AgentDeps,
  nginx: NginxPresence,
  link: LateLink,
  updates: SelfUpdates,
): ServerFacts {
  return new ServerFacts({
    ...deps,
    nginx: () => nginx.current(),
    refreshNginx: () => nginx.refresh(),
    changed: () => link.pokeServerReport(),
    moreProbes: [updates.probe],
  });
}

interface OperationParts extends AgentParts {
  readonly facts: ServerFacts;
  readonly updates: SelfUpdates;
}

function createOperations(
  deps: AgentDeps,
  { link, nginx, facts, updates, policy }: OperationParts,
): OperationRunner {
  const { store, files, units, exec, clock, log, isRoot, config } = deps;
  const find = () => nginx.refresh();
  const installed = async (): Promise<void> => void (await facts.refresh());
  const kinds: OperationKind[] = [
    noop,
    diagnose({
      files,
      exec,
      find,
      store,
      report: () => reportWithPolicy(facts, policy),
      recentTrouble: deps.recentTrouble,
      folders: config.folders,
      version: deps.self.version,
      now: () => clock.now(),
    }),
    bounded(installNginx({ files, isRoot, find, installed }), () => policy.refuses('package_installs')),
    testNginxConfiguration(find),
    showNginxConfiguration(find),
    ...updates.kinds,
  ];
  return new OperationRunner({
    store,
    files,
    units,
    clock,
    log,
    kinds,
    folder: config.folders.operations,
    changed: () => link.pokeOperations(),
    telemetryChanged: () => link.pokeTelemetry(),
  });
}
