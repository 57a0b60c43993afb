import { Kind, type PlacementReport } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { FakeClock } from '@ostler/test-kit';
import { createAgent, type Agent } from '../agent';
import type { AgentConfig } from '../config';
import type { OwnProgram } from '../core/self-updates';
import { FakeExec, FakeUnits } from '../host/exec/fake';
import { FakeFiles } from '../host/fs/fake';
import { FakeMachine } from '../host/machine/fake';
import type { StoreOutcome } from '../link/core.port';
import { openMemoryStore, type Store } from '../store';
import { createBodyRules } from '../store/body-rules';
import type { Log } from '../telemetry';
import { FakeDriver } from './fake-driver';
import { buildManifest, type BuiltManifest, type ManifestInit } from './manifest-builder';

const RULES = createBodyRules();
const SITES = '/effects/sites';
const CERTIFICATES = '/effects/certificates';

export interface FakeServer {
  readonly serverUid: string;
  readonly clock: FakeClock;
  readonly files: FakeFiles;
  readonly exec: FakeExec;
  readonly units: FakeUnits;
  readonly store: Store;
  readonly sites: FakeDriver;
  readonly certificates: FakeDriver;
  /** Lines at warn and above. */
  readonly complaints: string[];
  /** Lines at info. */
  readonly said: string[];
  /** A fresh agent on what is stored; the one before it is stopped first. */
  boot(self?: Partial<OwnProgram>): Promise<Agent>;
}

/** A server in memory. Its store and files outlive its agents, as real ones do. */
export async function fakeServer(
  options: { readonly store?: Store; readonly units?: FakeUnits } = {},
): Promise<FakeServer> {
  const files = new FakeFiles();
  for (const folder of [SITES, CERTIFICATES, '/state/operations', '/state/releases'])
    await files.makeFolder(folder, 0o755);
  const clock = new FakeClock();
  const complaints: string[] = [];
  const said: string[] = [];
  const server = {
    serverUid: newUid<'Server'>(),
    clock,
    files,
    exec: new FakeExec(),
    units: options.units ?? new FakeUnits(),
    store: options.store ?? openMemoryStore(),
    sites: new FakeDriver(Kind.SITE, files, SITES),
    certificates: new FakeDriver(Kind.CERTIFICATE, files, CERTIFICATES),
    complaints,
    said,
  };
  let running: Agent | undefined;
  return {
    ...server,
    async boot(self = {}) {
      await running?.stop();
      running = agentOn(server, { ...SELF, ...self });
      await running.start();
      return running;
    },
  };
}

function agentOn(server: Omit<FakeServer, 'boot'>, self: OwnProgram): Agent {
  const { serverUid, store, files, exec, units, clock, sites, certificates, complaints, said } = server;
  return createAgent({
    config: CONFIG,
    serverUid: () => serverUid,
    isRoot: true,
    store,
    files,
    exec,
    units,
    machine: new FakeMachine(),
    clock,
    log: collectingLog(complaints, said),
    recentTrouble: () => complaints,
    random: () => 0.5,
    rules: RULES,
    self,
    findNginx: () =>
      Promise.resolve({ found: false, reason: 'NGINX_MISSING', message: 'nginx is not installed.' }),
    makeDrivers: () => ({
      drivers: [sites, certificates],
      serveChallenge: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    }),
  });
}

const SELF: OwnProgram = {
  folder: '/opt/ostler-agent/1.0.0',
  version: '1.0.0',
  architecture: 'x86_64',
  updatesForbidden: () => Promise.resolve(undefined),
};

const CONFIG: AgentConfig = {
  folders: {
    state: '/state',
    store: '/state/store',
    identity: '/state/identity',
    certificates: '/state/certificates',
    operations: '/state/operations',
    units: '/state/units',
    releases: '/state/releases',
    nginx: '/state/nginx',
  },
  nginx: { mode: 'auto', httpPort: undefined, httpsPort: undefined },
  reach: { controlUrl: undefined, agentAddress: undefined },
  logLevel: 'info',
  failpoint: undefined,
};

function collectingLog(complaints: string[], said: string[]): Log {
  const into =
    (lines: string[]) =>
    (line: string, fields?: unknown): void =>
      void lines.push(`${line} ${JSON.stringify(fields, textOfBigints)}`);
  const silent = (): void => undefined;
  const [info, warn] = [into(said), into(complaints)];
  const log: Log = { debug: silent, info, warn, error: warn, child: () => log };
  return log;
}

const textOfBigints = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

/** Offers a manifest as the link does: fence, bodies that are missing, then the index. */
export async function offer(agent: Agent, init: ManifestInit | BuiltManifest): Promise<StoreOutcome> {
  const { offer: fence, index, bodies } = 'offer' in init ? init : buildManifest(init);
  const refusal = agent.core.refuses(fence);
  if (refusal) return { stored: false, ...refusal, uids: [] };
  const lacking = agent.core.lacks(bodies.map(({ sha256 }) => sha256));
  for (const { sha256, bytes } of bodies) if (lacking.includes(sha256)) agent.core.putBody(sha256, bytes);
  return agent.core.storeManifest(fence, index);
}

/** Takes and acknowledges the reports, as the control plane does; by uid. */
export function takeStatus(agent: Agent): Map<string, PlacementReport> {
  const { sequence, placements } = agent.core.pendingStatus(1024 * 1024);
  agent.core.acknowledgeStatus(sequence);
  return new Map(placements.map((report) => [report.uid, report]));
}

export function readyOf(report: PlacementReport | undefined): string {
  const condition = report?.conditions.find(({ type }) => type === 'Ready');
  return condition ? `${condition.status} ${condition.reason}` : 'none';
}
