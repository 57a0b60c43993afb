import { type ChildProcess, spawn } from 'node:child_process';
import { pause, systemClock } from '@ostler/kernel';

import { processEnvironment } from '../config';

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly login: readonly [email: string, password: string] | undefined;
  /** Resolves at its end, however it came. */
  readonly ended: Promise<void>;
}

export interface MortalOptions {
  readonly program: string;
  readonly dataFolder: string;
  /** Undefined: the embedded one in the data folder. */
  readonly databaseUrl?: string;
  /** For the first process only. */
  readonly failpoint?: string;
}

/** How long a call that failed waits to learn that it failed because the process died. */
const OBITUARY_MS = 3_000;

/** The control plane as a process of its own, started again on the same data whenever it is killed. */
export class MortalControlPlane {
  /** How its processes ended that `stop` did not end: a signal or an exit code each. */
  readonly deaths: string[] = [];
  private output = '';
  private stopping = false;
  private running: Promise<Running>;
  private child: ChildProcess | undefined;

  constructor(private readonly options: MortalOptions) {
    this.running = this.launch(options.failpoint);
  }

  /** All that its processes printed. */
  get said(): string {
    return this.output;
  }

  /** As the first process printed it; if that died before, what the command prints that the next one names. */
  async firstLogin(): Promise<readonly [email: string, password: string]> {
    const { login } = await this.running;
    if (login) return login;
    if (!this.output.includes('npm start -- reset-login')) throw new Error(`no way in:\n${this.output}`);
    const [said] = (await this.spawn(['reset-login']).stdout.take(1).toArray()) as [Buffer];
    const [, email, password] = /^(\S+)\s+(\S+)/.exec(said.toString()) ?? [];
    return [email!, password!];
  }

  /** Works with the address of the living process, and once more for each time that it dies meanwhile. */
  async call<T>(work: (url: string) => Promise<T>): Promise<T> {
    for (;;) {
      const running = await this.running;
      try {
        return await work(running.url);
      } catch (error) {
        const died = running.ended.then(() => true);
        if (this.stopping || !(await Promise.race([died, pause(systemClock, OBITUARY_MS)]))) throw error;
      }
    }
  }

  /** A killed one leaves its embedded database running; SIGTERM ends that too. */
  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    this.stopping = true;
    const running = await this.running.catch(() => undefined);
    this.child?.kill(signal);
    await running?.ended;
  }

  private spawn(args: readonly string[], failpoint?: string) {
    return spawn(process.execPath, [this.options.program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: processEnvironment()['PATH'],
        OSTLER_DATA: this.options.dataFolder,
        OSTLER_HTTP_PORT: '0',
        OSTLER_PUBLIC_PORT: '0',
        OSTLER_AGENT_PORT: '0',
        OSTLER_LOCAL_AGENT: 'off',
        ...(this.options.databaseUrl === undefined ? {} : { DATABASE_URL: this.options.databaseUrl }),
        ...(failpoint === undefined ? {} : { OSTLER_FAILPOINT: failpoint }),
      },
    });
  }

  private launch(failpoint?: string): Promise<Running> {
    const child = this.spawn([], failpoint);
    this.child = child;
    const ended = Promise.withResolvers<void>();
    const up = Promise.withResolvers<Running>();
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece: Buffer) => {
        said += piece.toString();
        this.output += piece.toString();
        if (said.includes('Ctrl-C stops everything'))
          up.resolve({ child, ...readGreeting(said), ended: ended.promise });
      });
    }
    child.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL')
        up.reject(new Error(`the control plane ended with ${code} before it was up:\n${said}`));
      if (!this.stopping) this.rise(String(signal ?? code));
      // Whoever waits for one that was killed on its way waits for the next.
      up.resolve(this.running);
      ended.resolve();
    });
    return up.promise;
  }

  private rise(death: string): void {
    this.deaths.push(death);
    this.running = this.launch();
    this.running.catch(() => undefined);
  }
}

function readGreeting(said: string): Pick<Running, 'url' | 'login'> {
  const login = /First login\s+(\S+)\s+(\S+)/.exec(said);
  return { url: /Console\s+(http:\S+)/.exec(said)![1]!, login: login ? [login[1]!, login[2]!] : undefined };
}
