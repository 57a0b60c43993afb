import {
  Operation_State as State,
  type Operation,
  type OperationSpec,
  Server_State,
} from '@ostler/contracts';
import { newRequestId, type Ostler } from '@ostler/sdk';

import {
  bootJoinedServer,
  closeTestNetwork,
  type OstlerProcess,
  startOstler,
  testNetwork,
  type TestServer,
  waitFor,
} from '../harness';
import { AgentBuilds, MOOD_FILE, type Mood, newReleaseKey } from './agent-builds';

const TIMER_FILE = '/etc/systemd/system/ostler-agent-rollback.timer';
const KEY_FILE = '/etc/ostler/release-key.pub';

type OperationCase = OperationSpec['operation'];

/** A booted server with the packaged agent, and a control plane that has releases for it. */
export class UpdatedServer {
  /** The version that is there at the beginning. */
  installed = '';

  private constructor(
    readonly name: string,
    readonly control: OstlerProcess,
    readonly ostler: Ostler,
    readonly server: TestServer,
    readonly builds: AgentBuilds,
  ) {}

  /** `build` makes the releases; the server trusts the key that it is given. */
  static async boot(
    name: string,
    build: (builds: AgentBuilds, key: ReturnType<typeof newReleaseKey>) => Promise<void>,
  ): Promise<UpdatedServer> {
    const { machineAddress } = await testNetwork();
    const builds = await AgentBuilds.make();
    const key = newReleaseKey();
    await build(builds, key);
    const control = await startOstler({
      environment: { OSTLER_PUBLIC_ADDRESS: machineAddress, OSTLER_AGENT_RELEASES: builds.output },
    });
    const ostler = await control.signIn();
    const { server } = await bootJoinedServer(ostler, { name });
    await server.run(['mkdir', '-p', '/etc/ostler']);
    await server.writeFile(KEY_FILE, key.publicPem);
    await server.run(['systemctl', 'restart', 'ostler-agent.service']);
    const made = new UpdatedServer(name, control, ostler, server, builds);
    made.installed = await made.current();
    await waitFor(
      'releases are taken',
      async () => (await ostler.agentUpdates.listReleases({})).releases.length > 0,
    );
    await made.says('self-update');
    return made;
  }

  async close(): Promise<void> {
    await this.control.stop();
    await closeTestNetwork();
    await this.control.remove();
    await this.builds.remove();
  }

  /** The version that the link leads to. */
  async current(): Promise<string> {
    return (await this.server.run(['readlink', '/opt/ostler-agent/current'])).trim();
  }

  async isArmed(): Promise<boolean> {
    return (await this.server.exec(['test', '-e', TIMER_FILE])).code === 0;
  }

  setMood(mood: Mood): Promise<void> {
    return this.server.writeFile(MOOD_FILE, mood);
  }

  /** Nothing of the update before is left. */
  async settled(): Promise<void> {
    await this.server.run(['rm', '-f', MOOD_FILE]);
    await waitFor('nothing is armed', async () => !(await this.isArmed()));
  }

  /** Waits until the server reports this capability. */
  async says(capability: string): Promise<void> {
    await waitFor(`${this.name} has ${capability}`, async () => {
      const { server } = await this.ostler.fleet.getServer({ name: this.name });
      const found = server?.capabilities.find(({ name }) => name === capability);
      if (!found?.available) throw new Error(found?.detail);
      return true;
    });
  }

  async start(operation: OperationCase): Promise<string> {
    const started = await this.ostler.operations.start({
      requestId: newRequestId(),
      server: this.name,
      spec: { operation },
      deadlineSeconds: 900,
    });
    return started.operation!.uid;
  }

  startUpdate(version: string): Promise<string> {
    return this.start({ case: 'updateAgent', value: { version } as never });
  }

  async ended(uid: string): Promise<Operation> {
    let last: Operation | undefined;
    const hasEnded = async (): Promise<boolean> => {
      last = (await this.ostler.operations.get({ uid })).operation;
      return last?.endedAt !== undefined;
    };
    await waitFor(`operation ${uid} has ended`, hasEnded, { timeoutMs: 240_000 });
    return last!;
  }

  async update(version: string): Promise<Operation> {
    return this.ended(await this.startUpdate(version));
  }

  async connectedAs(version: string): Promise<void> {
    const isSo = async (): Promise<boolean> => {
      const { server } = await this.ostler.fleet.getServer({ name: this.name });
      return server?.state === Server_State.CONNECTED && server.agentVersion === version;
    };
    await waitFor(`${this.name} is connected with ${version}`, isSo);
  }

  /** The agent of this version takes operations and carries them out. */
  async serves(version: string): Promise<void> {
    await this.connectedAs(version);
    const { operation } = await this.ostler.operations.start({
      requestId: newRequestId(),
      server: this.name,
      spec: { operation: { case: 'noop', value: {} } },
      waitSeconds: 30,
    });
    if (operation?.state !== State.SUCCEEDED) throw new Error(`A no-op ended as ${operation?.reason}.`);
  }
}
