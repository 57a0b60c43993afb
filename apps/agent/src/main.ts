import { randomUUID } from 'node:crypto';
import { machine } from 'node:os';
import { join } from 'node:path';
import { messageOf, systemClock } from '@ostler/kernel';
import { createAgent, type AgentDrivers, type AgentParts } from './agent';
import { readCommandLine, USAGE } from './command-line';
import { loadConfig, processEnvironment, type AgentConfig, type Folders } from './config';
import { serveRelayedChallenge } from './core/relayed-challenges';
import { CertificateDriver, CertificateFiles, Challenges } from './drivers/certificate';
import { SiteDriver } from './drivers/site';
import { EXIT, exitCodeOf } from './exit-codes';
import { armFailpoint, failpoint } from './failpoints';
import { isSystemdBooted } from './health';
import { createLinuxExec, SupervisedUnits, SystemdUnits } from './host/exec';
import { createLinuxFiles, type Files } from './host/fs';
import { createLinuxMachine } from './host/machine';
import { findNginx } from './host/nginx';
import { createLinuxNet } from './host/net';
import { LibraryAcme } from './host/net/acme';
import { joinFirst, joinServer, tellStatus } from './join-commands';
import { createLink } from './link';
import { openStore, RulesThread } from './store';
import { NginxTarget, startUpkeep } from './targets/nginx';
import { createJsonLog, type Log, RecentTrouble } from './telemetry';
import { versionIn } from './updates';
import { AGENT_VERSION, FEATURE_LEVEL } from './version';

/** After a signal to end: what has not ended by itself until then is left behind. */
const STOP_WITHIN_MS = 3000;

/** In place of a signal: this was a copy of another server. */
const FORGOTTEN = 'forgotten';

const files = createLinuxFiles();

async function main(): Promise<number> {
  const environment = processEnvironment();
  const line = readCommandLine(process.argv.slice(2), environment);
  if (line.command === 'version') process.stdout.write(`${await ownVersion()}\n`);
  if (line.command === 'help') process.stdout.write(USAGE);
  if (line.command === 'version' || line.command === 'help') return EXIT.ended;
  const config = await loadConfig(environment, files);
  await makeFolders(config.folders, files);
  if (line.command === 'join') return joinServer(line.join, config, files);
  if (line.command === 'status') return tellStatus(config, files);
  armFailpoint(config.failpoint);
  const trouble = new RecentTrouble();
  const log = createJsonLog({
    clock: systemClock,
    level: config.logLevel,
    write: (text) => {
      trouble.take(text);
      process.stdout.write(text);
    },
  });
  return run(config, log, trouble);
}

async function run(config: AgentConfig, log: Log, trouble: RecentTrouble): Promise<number> {
  const signal = endSignal();
  await joinFirst({ config, files, log, ended: signal });
  const version = await ownVersion();
  const store = openStore(config.folders.store);
  const exec = createLinuxExec();
  const systemd = await isSystemdBooted(files);
  const isRoot = process.geteuid?.() === 0;
  const units = systemd && isRoot ? new SystemdUnits(exec) : new SupervisedUnits(config.folders.units);
  const agent = createAgent({
    config,
    serverUid: () => link.server.uid,
    isRoot,
    store,
    files,
    exec,
    units,
    machine: createLinuxMachine(),
    clock: systemClock,
    log,
    recentTrouble: () => trouble.lines(),
    findNginx: nginxFinder(config, systemd && config.nginx.mode === 'auto', isRoot),
    self: {
      folder: import.meta.dirname,
      version,
      architecture: machine(),
      updatesForbidden: () => Promise.resolve(undefined),
    },
    rules: new RulesThread(join(import.meta.dirname, 'agent-rules.cjs'), systemClock),
    makeDrivers: (parts) => makeDrivers(parts, config, log),
  });
  const identity = {
    agentVersion: version,
    featureLevel: FEATURE_LEVEL,
    bootId: await bootId(files),
    instanceId: randomUUID(),
  };
  const forgotten = Promise.withResolvers<typeof FORGOTTEN>();
  const link = await createLink({
    forgotten: () => forgotten.resolve(FORGOTTEN),
    core: agent.core,
    identityFolder: config.folders.identity,
    identity,
    files,
    clock: systemClock,
    log: log.child({ part: 'link' }),
    reach: config.reach,
  });
  agent.link.bind(link);
  await agent.start();
  link.start();
  log.info('the agent is up', { version, server: link.server.name, pid: process.pid });
  const why = await Promise.race([signal, forgotten.promise]);
  log.info('the agent ends', { signal: why });
  await within(STOP_WITHIN_MS, Promise.all([agent.stop(), link.stop()]));
  store.close();
  return why === FORGOTTEN ? EXIT.notLetIn : EXIT.ended;
}

function nginxFinder({ folders, nginx }: AgentConfig, systemd: boolean, root: boolean) {
  const exec = createLinuxExec();
  const net = createLinuxNet();
  const { httpPort, httpsPort } = nginx;
  const wish = { folder: folders.nginx, systemd, root, httpPort, httpsPort };
  return () => findNginx({ exec, files, net, clock: systemClock, ...wish });
}

/** The drivers of this build, with what they share. */
function makeDrivers({ link, nginx, policy }: AgentParts, { folders }: AgentConfig, log: Log): AgentDrivers {
  const clock = systemClock;
  const net = createLinuxNet();
  const say = (line: string, fields?: Record<string, unknown>): void => log.info(line, fields);
  const find = () => nginx.refresh();
  const httpPort = (): number | undefined => {
    const found = nginx.current();
    return found.found ? found.runtime.httpPort : undefined;
  };
  const target = new NginxTarget({ files, net, clock, log: say, failpoint, folder: folders.nginx, find });
  const site = new SiteDriver({ target, net, files, clock, localRoots: () => policy.roots() });
  const challenges = new Challenges(files, target.layout.challenges);
  const stored = new CertificateFiles(files, folders.certificates);
  const acme = new LibraryAcme();
  const certificate = new CertificateDriver({ files: stored, challenges, acme, net, link, clock, httpPort });
  const endUpkeep = startUpkeep(target, clock, say);
  return {
    drivers: [site, certificate],
    serveChallenge: (challenge) => serveRelayedChallenge(challenge, { challenges, net, clock, httpPort }),
    async stop() {
      endUpkeep();
      site.stop();
      // Ends a private nginx, which nothing else would end; the system's own goes on.
      await target.stop();
    },
  };
}

/** Waits until the agent is told to end, and keeps the process alive while nothing is connected. */
function endSignal(): Promise<NodeJS.Signals> {
  const alive = setInterval(() => undefined, 2 ** 30);
  return new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  }).finally(() => clearInterval(alive));
}

async function makeFolders(folders: Folders, files: Files): Promise<void> {
  await files.makeFolder(folders.state, 0o711);
  for (const secret of ['store', 'identity', 'certificates', 'operations', 'units'] as const) {
    await files.makeFolder(folders[secret], 0o700);
  }
  for (const readable of ['releases', 'nginx'] as const) await files.makeFolder(folders[readable], 0o755);
}

/** A package says which build it is; a checkout has but the number of the product. */
async function ownVersion(): Promise<string> {
  return (await versionIn(files, import.meta.dirname)) ?? AGENT_VERSION;
}

async function bootId(files: Files): Promise<string> {
  const bytes = await files.readPiece('/proc/sys/kernel/random/boot_id', 0, 64);
  return Buffer.from(bytes ?? [])
    .toString('utf8')
    .trim();
}

async function within(mostMs: number, task: Promise<unknown>): Promise<void> {
  const limit = new Promise<void>((resolve) => setTimeout(resolve, mostMs).unref());
  await Promise.race([task, limit]);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`ostler-agent: ${messageOf(error)}\n`);
    process.exit(exitCodeOf(error));
  },
);
