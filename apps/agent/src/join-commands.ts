import { hostname } from 'node:os';
import type { JoinArguments } from './command-line';
import type { AgentConfig } from './config';
import { EXIT } from './exit-codes';
import type { Files } from './host/fs';
import { askToJoin, finishJoining, joinStatus, machineName, PendingJoins } from './link';
import type { Log } from './telemetry';
import { versionIn } from './updates';
import { AGENT_VERSION } from './version';

/** `ostler-agent join`. A server that somebody has to let in first goes on asking when its agent runs. */
export async function joinServer(
  { name, ...record }: JoinArguments,
  { folders }: AgentConfig,
  files: Files,
): Promise<number> {
  const wished = { ...record, name: name === '' ? hostname() : name };
  const identityFolder = folders.identity;
  const say = (text: string): void => void process.stderr.write(`ostler-agent: ${text}\n`);
  const options = { ...wished, ...(await aboutThisServer(files)) };
  const answer = await whileAlive(askToJoin(options, { files, identityFolder, say }));
  const pending = new PendingJoins(files, identityFolder);
  if ('waiting' in answer) {
    await pending.keep(wished);
    process.stdout.write(`Waiting to be let in. The key of this server is ${answer.keyFingerprint}.\n`);
    return EXIT.ended;
  }
  await pending.forget();
  process.stdout.write(`Joined as ${answer.serverName}.\n`);
  return EXIT.ended;
}

/** `ostler-agent status`: fails where this server has not joined, so that scripts can ask. */
export async function tellStatus({ folders }: AgentConfig, files: Files): Promise<number> {
  const { text, joined } = await joinStatus(files, folders.identity);
  process.stdout.write(text);
  return joined ? EXIT.ended : EXIT.notLetIn;
}

export interface JoinFirstParts {
  readonly config: AgentConfig;
  readonly files: Files;
  readonly log: Log;
  /** Settles when the agent is told to end. */
  readonly ended: Promise<unknown>;
}

/** Joins before anything of the agent runs, when that was begun or the settings say so. */
export async function joinFirst({ config, files, log, ended }: JoinFirstParts): Promise<void> {
  const ending = new AbortController();
  void ended.then(() => ending.abort());
  const { firstJoin, reach, folders } = config;
  const wished = firstJoin && {
    ...firstJoin,
    name: firstJoin.name || hostname(),
    ...(reach.proxy && { proxy: reach.proxy }),
  };
  const say = (text: string): void => log.info(text);
  const dependencies = { files, identityFolder: folders.identity, signal: ending.signal, say };
  await finishJoining({ wished, about: await aboutThisServer(files) }, dependencies);
}

async function aboutThisServer(files: Files) {
  const agentVersion = (await versionIn(files, import.meta.dirname)) ?? AGENT_VERSION;
  return { agentVersion, hostname: hostname(), machine: await machineName(files) };
}

/** The clock's timers let a process end that waits for nothing else. */
async function whileAlive<T>(task: Promise<T>): Promise<T> {
  const alive = setInterval(() => undefined, 2 ** 30);
  return task.finally(() => clearInterval(alive));
}
