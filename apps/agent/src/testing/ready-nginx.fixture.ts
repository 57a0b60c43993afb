import { readFileSync } from 'node:fs';
import type { Command, Finished } from '../host/exec/port';
import type { HttpProbe, ProbeOutcome } from '../host/net';
import type { ForeignConfiguration, NginxProcesses, NginxRuntime } from '../host/nginx';
import { domainOf, uidOf } from './many-entries-scenario.fixture';

/** An nginx that takes whatever the hook names at once, and keeps nothing of it. */
export class ReadyNginx implements NginxRuntime {
  readonly mode = 'private';
  readonly version = '1.22.1';
  readonly httpPort = 80;
  readonly httpsPort = 443;
  readonly ipv6 = false;
  readonly workerUser = undefined;
  readonly errorLogPath = '/nowhere';
  reloads = 0;
  private loaded = '';

  constructor(readonly hookPath: string) {}

  testCommand(): Command {
    return { binary: '/bin/true', args: [], timeoutMs: 1 };
  }

  showCommand(): Command {
    return this.testCommand();
  }

  test(): Promise<Finished> {
    return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', timedOut: false, truncated: false });
  }

  processes(): Promise<NginxProcesses> {
    return Promise.resolve({ masterPid: 100, workerPids: [101 + this.reloads] });
  }

  ensureRunning(): Promise<void> {
    return Promise.resolve();
  }

  keepSettings(): Promise<void> {
    return Promise.resolve();
  }

  reload(): Promise<void> {
    this.reloads += 1;
    this.loaded = /([0-9]{10})\.conf/.exec(readFileSync(this.hookPath, 'utf8'))?.[1] ?? '';
    return Promise.resolve();
  }

  reopenLogs(): Promise<void> {
    return Promise.resolve();
  }

  readForeign(): Promise<ForeignConfiguration> {
    return Promise.resolve({ servers: [], httpDirectives: [], mainDirectives: [] });
  }

  errorsAfter(): Promise<{ text: string; size: number }> {
    return Promise.resolve({ text: '', size: 0 });
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** What its listeners answer, for a FakeNet. */
  answer({ host }: HttpProbe): ProbeOutcome | undefined {
    const number = Number(/^site-([0-9]+)\./.exec(host)?.[1]);
    if (host !== domainOf(number)) return undefined;
    return { answered: true, status: 200, body: `${uidOf(number)} ${this.loaded}`, fingerprint: '' };
  }
}
