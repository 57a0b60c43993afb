import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createOstler, type Ostler } from '@ostler/sdk';

import { freePort } from './free-port';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'apps/control-plane/dist/main.js');
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;

export const OWNER_EMAIL = 'owner@localhost';
export const OWNER_PASSWORD = 'a password for tests only';

export interface OstlerOptions {
  /** Kept between two starts; a fresh temporary one otherwise, removed with `remove`. */
  readonly dataFolder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it listens: free ones unless told, the same as before for servers that must find it again. */
  readonly ports?: OstlerPorts;
}

export interface OstlerPorts {
  readonly http: number;
  readonly public: number;
  readonly agent: number;
}

/** A control plane of the build, as `npm start` runs it, with its database and, if wished, its local agent. */
export interface OstlerProcess {
  readonly pid: number;
  readonly dataFolder: string;
  readonly ports: OstlerPorts;
  /** `http://localhost:PORT`. */
  readonly url: string;
  /** All that it printed so far. */
  readonly output: () => string;
  /** The first login, on the first start of a data folder. */
  readonly firstPassword: string | undefined;
  /** What to run on a server to join it. */
  readonly joinCommand: string;
  /** Milliseconds from the start of the process to its greeting. */
  readonly startedInMs: number;
  /** As the owner, whose password is changed at the first call. */
  signIn(): Promise<Ostler>;
  /** Ends it as Ctrl-C does and waits until it has ended. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Removes the data folder. */
  remove(): Promise<void>;
}

/** Starts one and waits for its greeting. Ports are free ones; no local agent unless asked for. */
export async function startOstler(options: OstlerOptions = {}): Promise<OstlerProcess> {
  const dataFolder = options.dataFolder ?? (await freshDataFolder());
  const ports = options.ports ?? {
    http: await freePort(),
    public: await freePort(),
    agent: await freePort(),
  };
  const began = performance.now();
  const child = spawn(process.execPath, [program], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      OSTLER_DATA: dataFolder,
      OSTLER_HTTP_PORT: String(ports.http),
      OSTLER_PUBLIC_PORT: String(ports.public),
      OSTLER_AGENT_PORT: String(ports.agent),
      OSTLER_LOCAL_AGENT: 'off',
      ...options.environment,
    },
  });
  const text = await greetingOf(child);
  const url = /Console\s+(http:\S+)/.exec(text())?.[1];
  const firstPassword = /First login\s+\S+\s+(\S+)/.exec(text())?.[1];
  const joinCommand = /^\s*(curl -fsSLk .*)$/m.exec(text())?.[1];
  if (!url || !joinCommand || child.pid === undefined)
    throw new Error(`The greeting is not understood:\n${text()}`);
  return {
    pid: child.pid,
    dataFolder,
    ports,
    url,
    output: text,
    firstPassword,
    joinCommand,
    startedInMs: performance.now() - began,
    signIn: () => signIn(url, firstPassword),
    stop: () => end(child, 'SIGINT', text),
    kill: () => end(child, 'SIGKILL', text),
    remove: () => rm(dataFolder, { recursive: true, force: true }),
  };
}

/** A folder that the database's own user can reach: nothing above it is closed. */
export async function freshDataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ostler-data-'));
  await chmod(folder, 0o755);
  return folder;
}

/** Resolves when the last line of the greeting is there; rejects with the output when the process ends before. */
async function greetingOf(child: ChildProcess): Promise<() => string> {
  let output = '';
  const greeted = Promise.withResolvers<void>();
  const read = (piece: Buffer): void => {
    output += piece.toString();
    if (output.includes('Ctrl-C stops everything')) greeted.resolve();
  };
  child.stdout?.on('data', read);
  child.stderr?.on('data', read);
  child.once('exit', (code) => greeted.reject(new Error(`The control plane ended with ${code}:\n${output}`)));
  child.once('error', greeted.reject);
  const limit = setTimeout(() => {
    child.kill('SIGKILL');
    greeted.reject(new Error(`No greeting within ${START_TIMEOUT_MS} ms:\n${output}`));
  }, START_TIMEOUT_MS);
  await greeted.promise.finally(() => clearTimeout(limit));
  return () => output;
}

/** On the first start the first password is changed, as a person must; later the changed one is used. */
async function signIn(url: string, firstPassword: string | undefined): Promise<Ostler> {
  const anonymous = createOstler({ baseUrl: url });
  const attempt = async (password: string): Promise<Ostler> => {
    const { sessionToken } = await anonymous.identity.signIn({
      email: OWNER_EMAIL,
      password,
      withToken: true,
    });
    return createOstler({ baseUrl: url, token: sessionToken });
  };
  if (firstPassword === undefined) return attempt(OWNER_PASSWORD);
  try {
    return await attempt(OWNER_PASSWORD);
  } catch {
    const first = await attempt(firstPassword);
    await first.identity.changePassword({ currentPassword: firstPassword, newPassword: OWNER_PASSWORD });
    return attempt(OWNER_PASSWORD);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals, output: () => string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(limit);
  if (signal !== 'SIGKILL' && child.signalCode === 'SIGKILL') {
    throw new Error(`It did not stop within ${STOP_TIMEOUT_MS} ms:\n${output()}`);
  }
}
