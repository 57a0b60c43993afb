import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { DatabaseError } from 'pg';

import { endOrphans, isProcessOf } from './cluster-processes';
import { readPostmasterPidFile, removePostmasterPidFile } from './postmaster-pid-file';
import type { ServerPlan, ServerProcess } from './server-process';
import { adoptServer, ServerEndedError, spawnServer, stopServer, waitUntilReady } from './server-process';

const firstRestartDelayMilliseconds = 50;
const longestRestartDelayMilliseconds = 30_000;
const greetPauseMilliseconds = 50;

/**
 * Keeps one cluster served:
 *
 *     adopt or start -> serving -> (ended by itself) -> orphans ended -> start on the same port -> serving
 *                          |
 *                        stop() -> fast shutdown -> ended
 */
export class Supervisor {
  private readonly stopping = new AbortController();
  private watch: Promise<void> = Promise.resolve();

  private constructor(
    private readonly plan: ServerPlan,
    private server: ServerProcess,
    readonly adopted: boolean,
  ) {}

  static async start(plan: ServerPlan): Promise<Supervisor> {
    const running = await findRunning(plan);
    const supervisor = new Supervisor(plan, running ?? (await startOnFreePort(plan)), running !== undefined);
    supervisor.watch = supervisor.keepServing();
    return supervisor;
  }

  get port(): number {
    return this.server.port;
  }

  get pid(): number {
    return this.server.pid;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await stopServer(this.server);
    await this.watch;
  }

  private async keepServing(): Promise<void> {
    for (;;) {
      const reason = await this.server.ended;
      if (this.stopping.signal.aborted) return;
      this.plan.log.warn(`PostgreSQL (pid ${this.server.pid}) stopped serving: ${reason}; starting it again`);
      await this.restart();
    }
  }

  /** On the same port, because pools and LISTEN connections were told that one. */
  private async restart(): Promise<void> {
    let delay = firstRestartDelayMilliseconds;
    while (!this.stopping.signal.aborted) {
      try {
        await endOrphans(this.plan.folders.cluster);
        this.server = await spawnServer(this.plan, this.server.port);
        // stop() came while the old server was already gone, and knows nothing of this one.
        if (this.stopping.signal.aborted) return await stopServer(this.server);
        await waitUntilReady(this.server, this.plan);
        return this.plan.log.info(
          `PostgreSQL serves again (pid ${this.server.pid}, port ${this.server.port})`,
        );
      } catch (error) {
        this.plan.log.warn(String(error));
      }
      await pause(delay, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      delay = Math.min(delay * 2, longestRestartDelayMilliseconds);
    }
  }
}

/** The server that a killed process left behind, once it answers; one that is on its way out is waited for. */
async function findRunning(plan: ServerPlan): Promise<ServerProcess | undefined> {
  const { cluster } = plan.folders;
  const found = await readPostmasterPidFile(cluster);
  if (found?.port !== undefined && (await isProcessOf(cluster, found.pid))) {
    const server = adoptServer(cluster, found.pid, found.port);
    if (await comesToAnswer(server, plan)) return server;
  }
  await endOrphans(cluster);
  // After a reboot the number may belong to another program, and PostgreSQL would not start beside it.
  await removePostmasterPidFile(cluster);
  return undefined;
}

/**
 * Its own word for being ready is not enough: a server that was killed a moment ago had given it. False when it
 * is gone; throws when it lives and refuses our password.
 */
async function comesToAnswer(server: ServerProcess, plan: ServerPlan): Promise<boolean> {
  for (;;) {
    const isReady = await waitUntilReady(server, plan).then(
      () => true,
      () => false,
    );
    if (!isReady) return false;
    try {
      await plan.greet(server.port);
      return true;
    } catch (error) {
      if (isRefusal(error)) throw error;
      await pause(greetPauseMilliseconds);
    }
  }
}

/** Class 28 of PostgreSQL's error codes: invalid authorisation. */
function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code?.startsWith('28') ?? false);
}

/** The port is free when it is chosen and may be taken a moment later, so a few are tried. */
async function startOnFreePort(plan: ServerPlan): Promise<ServerProcess> {
  for (let attemptsLeft = 4; ; attemptsLeft--) {
    const server = await spawnServer(plan, await findFreePort());
    try {
      await waitUntilReady(server, plan);
      return server;
    } catch (error) {
      const isWorthAnother = error instanceof ServerEndedError && error.isPortTaken() && attemptsLeft > 0;
      if (!isWorthAnother) throw error;
    }
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
