import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Server_State } from '@ostler/contracts';
import { newRequestId, type Ostler } from '@ostler/sdk';

import { makeAgentPackage } from '../../deploy/agent/make-package';
import { bootServer, type BootOptions } from './boot-server';
import type { TestServer } from './test-server';
import { waitFor } from './wait-for';

/** A booted server with the agent of this build, joined and connected. */
export interface JoinedServer {
  readonly server: TestServer;
  readonly name: string;
}

export interface JoinOptions extends BootOptions {
  readonly labels?: Readonly<Record<string, string>>;
}

/** Boots a server, installs the agent's package as an operator would, joins, and waits until it is connected. */
export async function bootJoinedServer(ostler: Ostler, options: JoinOptions): Promise<JoinedServer> {
  const server = await bootServer({ memoryMiB: 1024, ...options });
  await joinServer(ostler, server, options);
  return { server, name: options.name };
}

export async function joinServer(
  ostler: Ostler,
  server: TestServer,
  { name, labels = {} }: Pick<JoinOptions, 'name' | 'labels'>,
): Promise<void> {
  const output = await mkdtemp(join(tmpdir(), 'ostler-agent-package-'));
  try {
    const { folder } = await makeAgentPackage(output);
    const mounted = await server.mountDirectory(folder);
    const { command } = await ostler.fleet.createJoinToken({ requestId: newRequestId(), labels });
    await server.run(['sh', `${mounted}/install.sh`, ...joinArguments(command), '--name', name]);
    await waitForConnected(ostler, name).catch(async (error: unknown) => {
      const journal = await server.exec([
        'journalctl',
        '-u',
        'ostler-agent',
        '-n',
        '60',
        '-o',
        'cat',
        '--no-pager',
      ]);
      throw new Error(`The agent did not connect. Its journal:\n${journal.stdout}`, { cause: error });
    });
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

export async function waitForConnected(ostler: Ostler, name: string): Promise<void> {
  await waitFor(`${name} is connected`, async () => {
    const { server } = await ostler.fleet.getServer({ name });
    return server?.state === Server_State.CONNECTED;
  });
}

/** What `ostler-agent join` and install.sh are told, of the one line that the console shows. */
export function joinArguments(command: string): string[] {
  const words = command.split(/\s+/).map((word) => word.replaceAll(/^'|'$/g, ''));
  const after = (option: string): string => words[words.indexOf(option) + 1] ?? '';
  const script = words.find((word) => word.endsWith('/install.sh')) ?? '';
  return [
    ...['--control', script.replace(/\/install\.sh$/, '')],
    ...['--listener-pin', after('--pinnedpubkey')],
    ...['--token', after('--token')],
    ...['--ca-pin', after('--ca')],
  ];
}
