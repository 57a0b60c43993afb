import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { ErrorReason, FleetService } from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';

import { checkEveryKind } from '../access';
import { AuthorityService } from '../authority';
import type { Config } from '../config';
import { type FirstLogin, FirstOwner } from '../identity';
import { LinkService } from '../link';
import { Vault } from '../platform/crypto';
import { armFailpoint, failpoint } from '../platform/failpoints';
import { Addresses } from '../platform/http';
import { Log } from '../platform/log';
import { InternalCalls } from '../platform/rpc';
import { AppModule } from './app.module';
import { agentFolder, openStorage } from './data-folder';
import { type ExampleOutcome, putExampleSite } from './example-site';
import { HttpListeners } from './http-listeners';
import { startLocalAgent } from './local-agent';
import { tellAddresses } from './own-addresses';
import { addHealthChecks, addOperatingMetrics } from './operating-metrics';

/** What whoever started us wants to know. */
export interface Started {
  readonly addresses: Addresses;
  readonly wantedPorts: { readonly http: number; readonly public: number; readonly agent: number };
  readonly ports: { readonly http: number; readonly public: number; readonly agent: number };
  /** On the first start only. */
  readonly firstLogin: FirstLogin | undefined;
  /** No login was ever used: the first one may have been lost before anybody saw it. */
  readonly nobodySignedIn: boolean;
  /** Absent for a service. */
  readonly joinCommand: string | undefined;
  readonly remark: string | undefined;
  /** On the first start: how the example site came out. Undefined when there is none, or it was stopped before. */
  readonly exampleSite: Promise<ExampleOutcome | undefined>;
  stop(): Promise<void>;
}

export interface StartParts {
  readonly config: Config;
  readonly log: Log;
  /** Run by a service manager: its output is kept, so nothing secret is made for it. */
  readonly asService?: boolean;
  /** What a child needs of our environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Starts everything: storage, rooms, listeners, the local agent. When a step fails, what was started before
 * it is stopped again, in the opposite order; `stop` does the same.
 */
export async function startControlPlane(parts: StartParts): Promise<Started> {
  await using starting = new AsyncDisposableStack();
  const { config, log } = parts;
  armFailpoint(config.values.failpoint);
  const storage = await openStorage(config.values, log, starting);
  const { database, masterKey } = storage;
  const app = await NestFactory.createApplicationContext(
    AppModule.with({ config, database, vault: new Vault(masterKey), log }),
    { logger: false, abortOnError: false },
  );
  starting.defer(() => app.close());
  checkEveryKind();
  const owner = app.get(FirstOwner);
  const firstLogin = await owner.ensure(config.values.ownerEmail);
  if (firstLogin) failpoint('owner.committed');
  const nobodySignedIn = !(await owner.hasAnybodySignedIn());
  const ports = await openListeners(app, config, starting);
  const tenantUid = await firstTenant(app);
  const joinCommand = parts.asService ? undefined : await newJoinCommand(app, tenantUid);
  const { exampleSite } = await startOnThisMachine(app, parts, tenantUid, firstLogin !== undefined, starting);
  const running = starting.move();
  return {
    addresses: app.get(Addresses),
    wantedPorts: {
      http: config.values.httpPort,
      public: config.values.publicPort,
      agent: config.values.agentPort,
    },
    ports,
    firstLogin,
    nobodySignedIn,
    joinCommand,
    remark: storage.remark,
    exampleSite,
    stop: () => running.disposeAsync(),
  };
}

async function openListeners(app: INestApplicationContext, config: Config, stack: AsyncDisposableStack) {
  addHealthChecks(app);
  addOperatingMetrics(app);
  const http = await HttpListeners.open(app);
  stack.defer(() => http.close());
  const link = app.get(LinkService);
  const agent = await listenForAgents(link, config.values.agentPort);
  stack.defer(() => link.close());
  app.get(Addresses).tell({ ...http.ports, agent });
  stack.defer(await tellAddresses(config.values, app.get(Addresses)));
  return { http: http.ports.loopback, public: http.ports.public, agent };
}

async function listenForAgents(link: LinkService, port: number): Promise<number> {
  for (let offset = 0; ; offset++) {
    try {
      return await link.listen(port === 0 ? 0 : port + offset);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || offset >= 50) throw error;
    }
  }
}

async function firstTenant(app: INestApplicationContext): Promise<string> {
  const tenantUid = await app.get(FirstOwner).tenantUid();
  if (!tenantUid) throw new AppError(ErrorReason.INTERNAL, 'The database has no tenant.');
  return tenantUid;
}

async function newJoinCommand(app: INestApplicationContext, tenantUid: string): Promise<string> {
  const { command } = await app.get(InternalCalls).call(tenantUid, FleetService.method.createJoinToken, {
    requestId: newUid(),
    description: 'shown at start',
  });
  return command;
}

async function startOnThisMachine(
  app: INestApplicationContext,
  { config, log, environment }: StartParts,
  tenantUid: string,
  isFirstStart: boolean,
  stack: AsyncDisposableStack,
): Promise<Pick<Started, 'exampleSite'>> {
  const none = { exampleSite: Promise.resolve(undefined) };
  if (!config.values.localAgent) return none;
  const internal = app.get(InternalCalls);
  const agent = await startLocalAgent({
    folder: agentFolder(config.values),
    tenantUid,
    controlUrl: app.get(Addresses).localJoinUrl,
    agentAddress: app.get(Addresses).agentAddress,
    caPin: app.get(AuthorityService).caPin(),
    internal,
    log,
    environment,
  });
  if (!agent) return none;
  stack.defer(() => agent.stop());
  if (!isFirstStart || !config.values.exampleSite) return none;
  const stopping = new AbortController();
  const exampleSite = putExampleSite({ tenantUid, internal, log, stopping: stopping.signal });
  stack.defer(async () => {
    stopping.abort();
    await exampleSite;
  });
  return { exampleSite };
}
