import { readFileSync, writeFileSync } from 'node:fs';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  Kind,
  ManifestBodySchema,
  OperationStartSchema,
  ReleaseIndexSchema,
  SecretValueSchema,
  type ManifestBody,
  type OperationReport,
} from '@ostler/contracts';
import { pause, systemClock } from '@ostler/kernel';
import { createAgent, type Agent, type AgentParts } from '../agent';
import { SiteDriver } from '../drivers/site';
import { armFailpoint, failpoint } from '../failpoints';
import { createLinuxExec, SupervisedUnits } from '../host/exec';
import { createLinuxFiles } from '../host/fs';
import { FakeMachine } from '../host/machine/fake';
import { createLinuxNet } from '../host/net';
import { findNginx, type FoundNginx } from '../host/nginx';
import type { Link } from '../link/core.port';
import { isEnd, openStore, sha256Of } from '../store';
import { createBodyRules } from '../store/body-rules';
import { NginxTarget } from '../targets/nginx';
import { createJsonLog } from '../telemetry';
import { offer, readyOf, takeStatus } from './agent-on-fakes';
import { CertificateDriver, CertificateFiles, Challenges } from '../drivers/certificate';
import { SmallAuthority } from './small-authority.fixture';
import { siteBody, type ManifestInit } from './manifest-builder';
import { SWEEP, type SweepInput, type SweepResult } from './sweep-scenario';

// A whole agent on this machine (files, database, private nginx) with a control plane in the same process that
// plays one scenario. Started again after a kill it plays the same one: what was done stays done.

const files = createLinuxFiles();
const exec = createLinuxExec();
const net = createLinuxNet();
const clock = systemClock;

async function main(): Promise<void> {
  const input = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as SweepInput;
  const { state } = input;
  // The clock's timers do not keep a process alive.
  setInterval(() => undefined, 2 ** 30);
  for (const part of ['operations', 'units', 'releases', 'nginx', 'certificates', 'store']) {
    await files.makeFolder(`${state}/${part}`, part === 'store' ? 0o700 : 0o755);
  }
  armFailpoint(input.failpoint);
  const store = openStore(`${state}/store`);
  const parts: { nginx?: AgentParts['nginx'] } = {};
  const authority = new SmallAuthority({
    orderLog: `${state}/orders`,
    fetch: (domain, path) => fetchFrom(parts.nginx!.current(), domain, path),
  });
  const certificates = new CertificateFiles(files, `${state}/certificates`);
  const agent = createAgent({
    config: configBelow(state),
    serverUid: () => SWEEP.serverUid,
    isRoot: process.geteuid?.() === 0,
    store,
    files,
    exec,
    units: new SupervisedUnits(`${state}/units`),
    machine: new FakeMachine(),
    clock,
    log: createJsonLog({ clock, level: 'info', write: (line) => void process.stdout.write(line) }),
    recentTrouble: () => [],
    self: {
      folder: '/nowhere',
      version: 'sweep',
      architecture: 'x86_64',
      updatesForbidden: async () => undefined,
    },
    rules: createBodyRules(),
    findNginx: () => (input.deafReload ? findDeaf(state) : find(state)),
    makeDrivers: ({ nginx }) => {
      parts.nginx = nginx;
      return makeDrivers(state, nginx, { authority, certificates });
    },
  });
  agent.link.bind(fakeLink());
  await agent.start();
  const played = await play(agent, parts.nginx!);
  const result = { ...played, certificate: await renewed(state, authority, certificates) };
  await agent.stop();
  store.close();
  writeFileSync(input.result, JSON.stringify(result));
  process.exit(0);
}

async function play(agent: Agent, nginx: AgentParts['nginx']): Promise<Omit<SweepResult, 'certificate'>> {
  const operations = new Map<string, OperationReport>();
  await offerAndSettle(agent, manifest(1n, siteBody('a.test', 'first')));
  await startOperations(agent);
  await offerAndSettle(agent, manifest(2n, siteBody('a.test', 'second')));
  await offerAndSettle(agent, manifest(3n, siteBody('a.test', 'third')));
  const output = await endOperations(agent, operations);
  agent.reconciler.flushReports();
  const seen = nginx.current();
  const ready = [...takeStatus(agent)].map(([uid, report]) => [
    uid,
    report.removed ? 'removed' : readyOf(report),
  ]);
  return {
    revision: agent.core.fence().revision.toString(),
    held: agent.core.held().map(({ uid }) => uid),
    ready: Object.fromEntries(ready) as Record<string, string>,
    served: await served(seen),
    operations: Object.fromEntries([...operations].map(([uid, { state }]) => [uid, state])),
    output,
    unacknowledged: agent.core.unacknowledgedOperations().length,
  };
}

async function offerAndSettle(agent: Agent, init: ManifestInit): Promise<void> {
  if (agent.core.fence().revision <= init.revision) await offer(agent, init);
  const values = agent.core
    .secretsNeeded()
    .map(({ uid, version }) =>
      create(SecretValueSchema, { uid, version, value: new TextEncoder().encode('open sesame') }),
    );
  if (values.length > 0) await agent.core.putSecrets(values);
  await agent.reconciler.settled();
}

function manifest(revision: bigint, first: ManifestBody): ManifestInit {
  const { a, b, certificate, doomed } = SWEEP.uids;
  const released = { uid: b, name: 'b', body: releaseBody() };
  const site = { uid: a, name: 'a', generation: revision, body: first };
  if (revision === 1n)
    return { serverUid: SWEEP.serverUid, revision, resources: [site, released, doomedSite(doomed)] };
  // Once the site is served, so that its name is found to lead here at the first try.
  const edges = [{ kind: Kind.CERTIFICATE, name: 'tls', uid: certificate }];
  const tls = { uid: certificate, name: 'tls', kind: Kind.CERTIFICATE, body: certificateBody() };
  const resources = [{ ...site, edges }, released, tls];
  const tombstones = [{ uid: doomed, kind: Kind.SITE, name: 'doomed', generation: 1n }];
  return { serverUid: SWEEP.serverUid, revision, resources, tombstones };
}

function doomedSite(uid: string) {
  return { uid, name: 'doomed', body: siteBody('doomed.test', 'doomed') };
}

function certificateBody(): ManifestBody {
  const acme = { directoryUrl: 'https://authority.test/directory', termsAgreed: true };
  const value = { domains: ['a.test'], source: { case: 'acme' as const, value: acme } };
  return create(ManifestBodySchema, { spec: { case: 'certificate', value } });
}

/** A site with the two things that arrive apart from the manifest: a release and a secret. */
function releaseBody(): ManifestBody {
  const password = { uid: SWEEP.secretUid, version: 1 };
  const value = {
    domains: ['b.test'],
    handler: { answer: { case: 'staticFiles' as const, value: { release: RELEASE.digest } } },
    paths: [
      { path: '/private', handler: plain('private'), basicAuth: { users: [{ username: 'ali', password }] } },
    ],
  };
  return create(ManifestBodySchema, { spec: { case: 'site', value } });
}

function plain(body: string) {
  return { answer: { case: 'fixedResponse' as const, value: { status: 200, body } } };
}

const CONTENT = new TextEncoder().encode('from the release');
const RELEASE = (() => {
  const list = [{ path: 'index.html', size: BigInt(CONTENT.byteLength), sha256: sha256Of(CONTENT) }];
  const index = toBinary(ReleaseIndexSchema, create(ReleaseIndexSchema, { files: list }));
  return { index, digest: `sha256:${Buffer.from(sha256Of(index)).toString('hex')}` };
})();

function fakeLink(): Link {
  const nothing = (): void => undefined;
  const refuse = (): Promise<never> => Promise.reject(new Error('not in this scenario'));
  return {
    connected: true,
    pokeStatus: nothing,
    pokeOperations: nothing,
    pokeServerReport: nothing,
    pokeTelemetry: nothing,
    sign: refuse,
    publishChallenge: refuse,
    fetchRelease: () => Promise.resolve(RELEASE.index),
    async *fetchFile(_sha256, offset) {
      yield CONTENT.subarray(Number(offset));
    },
    fetchAgentPackage: () => {
      throw new Error('not in this scenario');
    },
  };
}

async function startOperations(agent: Agent): Promise<void> {
  const { noop, diagnose, test } = SWEEP.operations;
  await agent.core.startOperation(
    create(OperationStartSchema, { uid: noop, operation: { case: 'noop', value: {} } }),
  );
  await agent.core.startOperation(
    create(OperationStartSchema, { uid: diagnose, safe: true, operation: { case: 'diagnose', value: {} } }),
  );
  await agent.core.startOperation(
    create(OperationStartSchema, { uid: test, operation: { case: 'testNginxConfiguration', value: {} } }),
  );
}

/** Takes output and ends as the control plane does; the text of the diagnosis, put together by offset. */
async function endOperations(agent: Agent, ends: Map<string, OperationReport>): Promise<string> {
  let text = '';
  for (;;) {
    const frames = agent.core.pendingTelemetry(0n, 1e6);
    for (const { batch } of frames) {
      if (batch.case !== 'output' || batch.value.operationUid !== SWEEP.operations.diagnose) continue;
      text = text.slice(0, Number(batch.value.offset)) + Buffer.from(batch.value.data).toString('latin1');
    }
    const last = frames.at(-1);
    if (last) agent.core.acknowledgeTelemetry(last.sequence);
    for (const report of agent.core.unacknowledgedOperations())
      if (isEnd(report.state)) ends.set(report.uid, report);
    const open = agent.core.unacknowledgedOperations().filter(({ state }) => !isEnd(state));
    if (open.length === 0 && frames.length === 0) break;
    await pause(clock, 20);
  }
  for (const uid of ends.keys()) agent.core.forgetOperation(uid);
  return text;
}

async function served(found: FoundNginx): Promise<Record<string, string>> {
  if (!found.found) return {};
  const port = found.runtime.httpPort;
  const answers = ['a.test', 'b.test', 'doomed.test'].map(async (host) => {
    const seen = await net.probe({
      address: '127.0.0.1',
      port,
      path: '/',
      host,
      tls: false,
      timeoutMs: 3000,
    });
    return [host, seen.answered && seen.status === 200 ? seen.body : 'nothing'];
  });
  return Object.fromEntries(await Promise.all(answers)) as Record<string, string>;
}

function makeDrivers(
  state: string,
  nginx: AgentParts['nginx'],
  { authority, certificates }: { authority: SmallAuthority; certificates: CertificateFiles },
) {
  const log = (): void => undefined;
  const find = () => nginx.refresh();
  const target = new NginxTarget({ files, net, clock, log, failpoint, folder: `${state}/nginx`, find });
  const site = new SiteDriver({ target, net, files, clock });
  const certificate = new CertificateDriver({
    files: certificates,
    challenges: new Challenges(files, target.layout.challenges),
    acme: authority,
    // Every name leads to this machine.
    net: { ...net, resolve: () => Promise.resolve(['127.0.0.1']) },
    link: { ...fakeLink(), connected: false },
    clock,
    httpPort: () => httpPortOf(nginx.current()),
  });
  return {
    drivers: [site, certificate],
    serveChallenge: () => Promise.resolve(),
    async stop() {
      site.stop();
      await target.stop();
    },
  };
}

function httpPortOf(found: FoundNginx): number | undefined {
  return found.found ? found.runtime.httpPort : undefined;
}

async function fetchFrom(found: FoundNginx, host: string, path: string): Promise<string> {
  const port = httpPortOf(found) ?? 0;
  const seen = await net.probe({ address: '127.0.0.1', port, path, host, tls: false, timeoutMs: 3000 });
  return seen.answered ? seen.body.trim() : seen.message;
}

/** Waits until the first certificate, which is nearly over, was renewed. */
async function renewed(
  state: string,
  authority: SmallAuthority,
  certificates: CertificateFiles,
): Promise<SweepResult['certificate']> {
  const uid = SWEEP.uids.certificate;
  const isRenewed = async (): Promise<boolean> =>
    ((await certificates.read(uid))?.chain.notAfterMs ?? 0) > clock.now() + 86_400_000;
  const hasEnded = async (): Promise<boolean> => (await certificates.attempts(uid)).orderedAtMs === 0;
  for (let turn = 0; turn < 600 && !((await isRenewed()) && (await hasEnded())); turn++)
    await pause(clock, 50);
  const { issuedAtMs, failedAtMs } = await certificates.attempts(uid);
  const left = (await files.list(`${state}/certificates/${uid}`)).filter((name) => name.length === 64);
  return {
    isRenewed: await isRenewed(),
    orders: authority.orders,
    counted: issuedAtMs.length + failedAtMs.length,
    folders: left.length,
  };
}

function find(state: string): Promise<FoundNginx> {
  const root = process.geteuid?.() === 0;
  const folder = `${state}/nginx`;
  return findNginx({ exec, files, net, clock, folder, systemd: false, root, httpPort: 0, httpsPort: 0 });
}

/** A private nginx that does not hear its second reload, once: the change is rolled back. */
async function findDeaf(state: string): Promise<FoundNginx> {
  const found = await find(state);
  if (!found.found) return found;
  const wasDeaf = `${state}/was-deaf`;
  let reloads = 0;
  const reload = async (): Promise<void> => {
    reloads += 1;
    if (reloads < 2 || (await files.state(wasDeaf))) return found.runtime.reload();
    return files.writeAtomic(wasDeaf, '', { mode: 0o600 });
  };
  const runtime = new Proxy(found.runtime, {
    get(target, name) {
      if (name === 'reload') return reload;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { found: true, runtime };
}

function configBelow(state: string) {
  return {
    folders: {
      state,
      store: `${state}/store`,
      identity: `${state}/identity`,
      certificates: `${state}/certificates`,
      operations: `${state}/operations`,
      units: `${state}/units`,
      releases: `${state}/releases`,
      nginx: `${state}/nginx`,
    },
    nginx: { mode: 'private' as const, httpPort: 0, httpsPort: 0 },
    reach: { controlUrl: undefined, agentAddress: undefined },
    logLevel: 'info' as const,
    failpoint: undefined,
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
