import { type Server, Server_State } from '@ostler/contracts';
import type { Ostler } from '@ostler/sdk';

import { type OstlerProcess, startOstler, waitFor } from '../harness';

/** A control plane with this machine as its server: the local agent with an nginx of its own. */
export interface LocalOstler {
  readonly process: OstlerProcess;
  readonly dataFolder: string;
  readonly ostler: Ostler;
  readonly server: Server;
  /** Stops everything and removes the data. */
  readonly end: () => Promise<void>;
}

export async function startWithLocalAgent(
  environment: Readonly<Record<string, string>> = {},
): Promise<LocalOstler> {
  const control = await startOstler({
    environment: { OSTLER_LOCAL_AGENT: 'on', OSTLER_EXAMPLE_SITE: 'off', ...environment },
  });
  const end = async (): Promise<void> => {
    await control.stop();
    await control.remove();
  };
  try {
    const ostler = await control.signIn();
    const server = await connectedServer(ostler);
    return { process: control, dataFolder: control.dataFolder, ostler, server, end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function connectedServer(ostler: Ostler): Promise<Server> {
  let found: Server | undefined;
  await waitFor('this machine is connected and has an nginx', async () => {
    const { servers } = await ostler.fleet.listServers({});
    found = servers.find(({ state, facts }) => state === Server_State.CONNECTED && facts?.httpPort);
    return found !== undefined;
  });
  return found!;
}
