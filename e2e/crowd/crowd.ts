import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { newRequestId, type Ostler } from '@ostler/sdk';
import { build } from 'rolldown';

import { joinArguments } from '../harness';
import type { CrowdAnswer, CrowdRequest, CrowdView } from './messages';

export type { CrowdView } from './messages';

const MOST_PROCESSES = 4;

/** Simulated agents with real lanes, in processes apart from the control plane. */
export class Crowd {
  private constructor(
    private readonly folder: string,
    private readonly members: readonly Member[],
  ) {}

  /** Starts the processes; nobody has joined yet. */
  static async open(processes = MOST_PROCESSES): Promise<Crowd> {
    const folder = await mkdtemp(join(tmpdir(), 'ostler-crowd-'));
    const program = join(folder, 'crowd.mjs');
    await build({
      input: join(import.meta.dirname, 'crowd-process.ts'),
      platform: 'node',
      logLevel: 'silent',
      output: { file: program, format: 'esm', codeSplitting: false },
    });
    return new Crowd(
      folder,
      Array.from({ length: Math.min(processes, MOST_PROCESSES) }, () => new Member(program)),
    );
  }

  get pids(): readonly number[] {
    return this.members.map(({ pid }) => pid);
  }

  /** Joins as many more servers with one token, evenly over the processes. */
  async join(ostler: Ostler, names: readonly string[], labels: Readonly<Record<string, string>> = {}) {
    const { command, token } = await ostler.fleet.createJoinToken({
      requestId: newRequestId(),
      maximumUses: names.length,
      labels,
    });
    const told = joinArguments(command);
    const after = (flag: string): string => told[told.indexOf(flag) + 1] ?? '';
    const shared = { token, controlUrl: after('--control'), caPin: after('--ca-pin') };
    const shares = this.members.map((_, at) =>
      names.filter((_, index) => index % this.members.length === at),
    );
    await Promise.all(
      this.members.map((member, at) => member.ask({ ask: 'join', names: shares[at]!, ...shared })),
    );
  }

  /** Those that have joined and are not started. `agentAddress`: where the agents' listener is reached, when not where joining told. */
  start(agentAddress?: string): Promise<CrowdView> {
    return this.ask({ ask: 'start', agentAddress });
  }

  look(): Promise<CrowdView> {
    return this.ask({ ask: 'look' });
  }

  /** Each agent that ran an operation tells that many bytes more on its telemetry lane. */
  speak(bytes?: number): Promise<CrowdView> {
    return this.ask({ ask: 'speak', bytes });
  }

  /** Ends every agent and process. */
  async close(): Promise<void> {
    for (const member of this.members) member.end();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async ask(request: CrowdRequest): Promise<CrowdView> {
    return sumOf(await Promise.all(this.members.map((member) => member.ask(request))));
  }
}

class Member {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, PromiseWithResolvers<CrowdView>>();
  private asked = 0;

  constructor(program: string) {
    this.child = fork(program, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (answer: CrowdAnswer) => {
      const one = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      if ('view' in answer) one?.resolve(answer.view);
      else one?.reject(new Error(answer.failed));
    });
    this.child.once('exit', (code) => {
      for (const one of this.waiting.values())
        one.reject(new Error(`a process of agents ended with ${code}`));
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  ask(request: CrowdRequest): Promise<CrowdView> {
    this.asked += 1;
    const one = Promise.withResolvers<CrowdView>();
    this.waiting.set(this.asked, one);
    this.child.send({ id: this.asked, ...request });
    return one.promise;
  }

  end(): void {
    this.child.removeAllListeners('exit');
    this.child.kill('SIGKILL');
  }
}

function sumOf(views: readonly CrowdView[]): CrowdView {
  const sum = (pick: (view: CrowdView) => number): number =>
    views.reduce((total, view) => total + pick(view), 0);
  const revisions: Record<string, number> = {};
  for (const view of views) {
    for (const [revision, count] of Object.entries(view.revisions))
      revisions[revision] = (revisions[revision] ?? 0) + count;
  }
  return {
    agents: sum(({ agents }) => agents),
    connected: sum(({ connected }) => connected),
    quiet: sum(({ quiet }) => quiet),
    unacknowledgedOperations: sum((view) => view.unacknowledgedOperations),
    mostEffects: Math.max(0, ...views.map(({ mostEffects }) => mostEffects)),
    revisions,
    lastStoredAtMs: Math.max(0, ...views.map(({ lastStoredAtMs }) => lastStoredAtMs)),
  };
}
