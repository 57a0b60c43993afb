import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { FleetService } from '@ostler/contracts';
import { newUid, systemClock } from '@ostler/kernel';

import { type LocalAgent, superviseLocalAgent } from '../launch';
import type { Log } from '../platform/log';
import type { InternalCalls } from '../platform/rpc';
import { installation } from './installation';

export interface LocalAgentParts {
  readonly folder: string;
  readonly tenantUid: string;
  readonly controlUrl: string;
  /** host:port of the agents' listener, which may be another one at each start. */
  readonly agentAddress: string;
  readonly caPin: string;
  readonly internal: InternalCalls;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string>>;
}

const program = join(installation, 'apps/agent/dist/agent.cjs');
const joinWithinMs = 60_000;

/** Makes this machine a server of its own control plane: joins once, then keeps the agent running. */
export async function startLocalAgent(parts: LocalAgentParts): Promise<LocalAgent | undefined> {
  const { folder, log } = parts;
  if (!existsSync(program)) {
    log.warn(`no local agent: ${program} is not built`);
    return undefined;
  }
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const env = {
    ...parts.environment,
    // Halves what glibc keeps for threads that are idle.
    MALLOC_ARENA_MAX: '1',
    OSTLER_STATE_FOLDER: folder,
    OSTLER_CONTROL_URL: parts.controlUrl,
    OSTLER_AGENT_ADDRESS: parts.agentAddress,
  };
  if (!existsSync(join(folder, 'identity/server.json')) && !(await joinOnce(parts, env))) return undefined;
  return superviseLocalAgent({
    command: [process.execPath, ...(await flags()), program, 'run'],
    env,
    log,
    clock: systemClock,
  });
}

async function joinOnce(parts: LocalAgentParts, env: Record<string, string>): Promise<boolean> {
  const { token } = await parts.internal.call(parts.tenantUid, FleetService.method.createJoinToken, {
    requestId: newUid(),
    description: 'this machine',
    lifetimeSeconds: 300,
  });
  const args = ['join', '--control', parts.controlUrl, '--ca-pin', parts.caPin, '--name', serverName()];
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...env, OSTLER_JOIN_TOKEN: token },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: joinWithinMs,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) parts.log.warn(`this machine could not join: ${said.trim() || `code ${code}`}`);
  return code === 0;
}

/** The host name as a name of ours. */
function serverName(): string {
  const name = hostname()
    .split('.')[0]!
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+|-+$/g, '');
  return name.slice(0, 63) || 'local';
}

/** The same that an installed agent runs with. */
async function flags(): Promise<string[]> {
  const text = await readFile(join(installation, 'deploy/agent/agent-flags.txt'), 'utf8');
  return text.split('\n').filter((line) => line.startsWith('--'));
}
