import type { Command, Finished } from '../exec/port';
import type { FakeFiles } from '../fs/fake';
import type { HttpProbe, ProbeOutcome } from '../net/port';
import type { ForeignConfiguration, NginxProcesses, NginxRuntime } from './port';
import { tokenize } from './tokenize';

/** A file that nginx would not take, by a word in it. */
const BROKEN = /BROKEN/;

interface Loaded {
  readonly generation: string;
  /** Uid by domain. */
  readonly domains: ReadonlyMap<string, string>;
}

/** An nginx that reads the files of a fake machine, keeps what it loaded, and fails on demand. */
export class FakeNginx implements NginxRuntime {
  readonly mode = 'private';
  readonly version: string = '1.22.1';
  readonly httpPort = 80;
  readonly httpsPort = 443;
  readonly ipv6 = false;
  readonly workerUser = { uid: 33, gid: 33 };
  readonly hookPath = '/etc/nginx/conf.d/ostler.conf';
  readonly errorLogPath = '/var/log/nginx/error.log';
  foreign: ForeignConfiguration = { servers: [], httpDirectives: [], mainDirectives: [] };
  /** What the next tests come to, whatever the files say. */
  testFault: 'none' | 'hangs' | 'crashes' = 'none';
  /** What the next reloads come to. `wrong-site`: another server block answers for every name. */
  reloadFault: 'none' | 'port-taken' | 'master-dies' | 'wrong-site' = 'none';
  tests = 0;
  reloads = 0;
  loaded: Loaded = { generation: '', domains: new Map() };
  private running: NginxProcesses | undefined = { masterPid: 100, workerPids: [101] };
  private nextPid = 200;
  private log = '';

  constructor(private readonly files: FakeFiles) {}

  testCommand(): Command {
    return { binary: '/usr/sbin/nginx', args: ['-t'], timeoutMs: 1 };
  }

  showCommand(): Command {
    return { binary: '/usr/sbin/nginx', args: ['-T'], timeoutMs: 1 };
  }

  async test(hookText: string): Promise<Finished> {
    this.tests += 1;
    const finished = { exitCode: 0, stdout: '', stderr: '', timedOut: false, truncated: false };
    if (this.testFault === 'hangs') return { ...finished, exitCode: 143, timedOut: true };
    if (this.testFault === 'crashes') return { ...finished, exitCode: 139 };
    const problem = await this.problemOf(hookText);
    return problem === undefined
      ? finished
      : { ...finished, exitCode: 1, stderr: `nginx: [emerg] ${problem}\n` };
  }

  processes(): Promise<NginxProcesses | undefined> {
    return Promise.resolve(this.running);
  }

  async ensureRunning(): Promise<void> {
    if (this.running) return;
    this.loaded = await this.read();
    this.running = { masterPid: this.nextPid++, workerPids: [this.nextPid++] };
  }

  keepSettings(): Promise<void> {
    return Promise.resolve();
  }

  async reload(): Promise<void> {
    this.reloads += 1;
    if (!this.running) throw new Error('nginx does not run on this server.');
    const { masterPid } = this.running;
    if (this.reloadFault === 'master-dies') {
      this.running = undefined;
      return;
    }
    const problem =
      this.reloadFault === 'port-taken'
        ? 'bind() to 0.0.0.0:80 failed'
        : await this.problemOf(await this.hook());
    if (problem !== undefined) {
      this.log += `2026/01/01 00:00:00 [emerg] ${masterPid}#${masterPid}: ${problem}\n`;
      return;
    }
    this.loaded = await this.read();
    this.running = { masterPid, workerPids: [this.nextPid++] };
  }

  reopenLogs(): Promise<void> {
    return Promise.resolve();
  }

  readForeign(): Promise<ForeignConfiguration> {
    return Promise.resolve(this.foreign);
  }

  errorsAfter(offset: number): Promise<{ readonly text: string; readonly size: number }> {
    return Promise.resolve({
      text: this.log.slice(offset > this.log.length ? 0 : offset),
      size: this.log.length,
    });
  }

  stop(): Promise<void> {
    this.running = undefined;
    return Promise.resolve();
  }

  /** What its listeners answer, for a FakeNet. */
  answer({ host, path }: HttpProbe): ProbeOutcome | undefined {
    if (!this.running) return undefined;
    const uid = this.loaded.domains.get(host);
    const isProbe = path.startsWith('/.well-known/ostler/');
    const body =
      this.reloadFault === 'wrong-site' || uid === undefined ? 'foreign' : `${uid} ${this.loaded.generation}`;
    return { answered: true, status: 200, body: isProbe ? body : 'page', fingerprint: '' };
  }

  private async problemOf(hookText: string): Promise<string | undefined> {
    for (const path of includesOf(hookText)) {
      const text = await this.text(path);
      if (text === undefined) return `open() "${path}" failed (2: No such file or directory)`;
      const lines = text.split('\n');
      const at = lines.findIndex((line) => BROKEN.test(line));
      if (at >= 0) return `unknown directive in ${path}:${at + 1}`;
      const depth = [...tokenize(text)].reduce(
        (sum, token) => sum + depthOf(token.isPunctuation ? token.text : ''),
        0,
      );
      if (depth !== 0) return `unexpected end of file, expecting "}" in ${path}:${lines.length}`;
      const inner = await this.problemOf(text);
      if (inner !== undefined) return inner;
    }
    return undefined;
  }

  private async read(): Promise<Loaded> {
    const [path] = includesOf(await this.hook());
    const text = (path && (await this.text(path))) || '';
    const domains = new Map<string, string>();
    for (const site of includesOf(text)) {
      const uid = site.split('/').at(-3) ?? '';
      for (const [, names = ''] of ((await this.text(site)) ?? '').matchAll(/server_name ([^;]*);/g))
        for (const name of names.split(' ')) domains.set(name, uid);
    }
    return { generation: path?.match(/([0-9]+)\.conf$/)?.[1] ?? '', domains };
  }

  private async hook(): Promise<string> {
    return (await this.text(this.hookPath)) ?? '';
  }

  private async text(path: string): Promise<string | undefined> {
    const content = await this.files.read(path);
    return content && Buffer.from(content).toString();
  }
}

function depthOf(punctuation: string): number {
  if (punctuation === '{') return 1;
  return punctuation === '}' ? -1 : 0;
}

function includesOf(text: string): string[] {
  return [...text.matchAll(/^include (\S+);$/gm)].map(([, path]) => path ?? '');
}
