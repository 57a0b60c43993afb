import { createHash, generateKeyPairSync } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import {
  OperationReport_State as State,
  OperationStartSchema,
  type OperationReport,
  type SignedAgentRelease,
  SignedAgentReleaseSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { encodeAgentRelease, signAgentRelease } from '@ostler/link-protocol';
import { describe, expect, test } from 'vitest';
import type { Agent } from './agent';
import type { Link } from './link/core.port';
import { fakeServer, type FakeServer, offer } from './testing/agent-on-fakes';

const HOME = '/opt/ostler-agent';
const UNIT_FILE = '/etc/systemd/system/ostler-agent.service';
const TIMER_FILE = '/etc/systemd/system/ostler-agent-rollback.timer';
const KEY_FILE = '/etc/ostler/release-key.pub';
const PACKAGE = Buffer.from('a package '.repeat(100_000));
const keys = generateKeyPairSync('ed25519');

function release(
  init: { version?: string; sequence?: bigint; architecture?: string } = {},
  key = keys.privateKey,
) {
  const { version = '2.0.0', sequence = 20n, architecture = 'x86_64' } = init;
  const sha256 = createHash('sha256').update(PACKAGE).digest();
  const packages = [{ architecture, sha256, size: BigInt(PACKAGE.length) }];
  const bytes = encodeAgentRelease({ version, sequence, featureLevel: 1, madeAt: 1n, packages });
  return create(SignedAgentReleaseSchema, { release: bytes, signature: signAgentRelease(bytes, key) });
}

/** A server with an installed agent, a link that can be cut, and packages that can be changed on their way. */
class InstalledServer {
  agent!: Agent;
  connected = true;
  served: Uint8Array = PACKAGE;
  /** Offsets that were asked for. */
  readonly asked: number[] = [];
  /** Bytes after which the line is cut, once. */
  cutAfter: number | undefined;
  forbidden: string | undefined;

  private constructor(readonly fake: FakeServer) {}

  static async make(): Promise<InstalledServer> {
    const made = new InstalledServer(await fakeServer());
    const { files, exec } = made.fake;
    await made.install('1.0.0');
    files.seed(UNIT_FILE, '');
    files.seed(KEY_FILE, keys.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    files.seed('/proc/self/cgroup', '0::/system.slice/ostler-agent.service\n');
    files.seed('/state/store/agent.db', 'x');
    exec.install('/usr/bin/systemctl', {});
    await made.boot('1.0.0');
    return made;
  }

  async install(version: string): Promise<void> {
    this.fake.files.seed(`${HOME}/${version}/VERSION`, `${version}\n`);
    await this.fake.files.linkAtomic(`${HOME}/current`, version);
  }

  async boot(version: string): Promise<void> {
    const updatesForbidden = () => Promise.resolve(this.forbidden);
    this.agent = await this.fake.boot({ version, folder: `${HOME}/${version}`, updatesForbidden });
    this.agent.link.bind(this.link());
    await this.settle();
  }

  /** Lets what is under way come to rest. */
  async settle(ms = 1000): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await this.fake.clock.advance(ms / 5);
    await new Promise((resolve) => setImmediate(resolve));
    await this.fake.clock.advance(0);
  }

  async update(signed: SignedAgentRelease = release()): Promise<string> {
    const uid = newUid();
    const operation = { case: 'updateAgent' as const, value: { release: signed } };
    await this.agent.core.startOperation(create(OperationStartSchema, { uid, operation }));
    await this.settle();
    return uid;
  }

  report(uid: string): OperationReport {
    return this.agent.core.unacknowledgedOperations().find((one) => one.uid === uid)!;
  }

  get unitsStarted(): string[] {
    return [...this.fake.units.units.keys()].map((name) => name.split('-').at(-1)!.replace('.service', ''));
  }

  endUnit(step: string, exitCode: number): void {
    const name = [...this.fake.units.units.keys()].find((one) => one.endsWith(`-${step}.service`));
    this.fake.units.end(name!, exitCode);
  }

  /** As the updater's switch does. */
  async switchTo(version: string): Promise<void> {
    this.fake.files.seed(TIMER_FILE, '');
    await this.install(version);
    this.endUnit('switch', 0);
    await this.boot(version);
  }

  /** As the timer does when nobody was confirmed. */
  async rollBack(): Promise<void> {
    const { files } = this.fake;
    const record = JSON.parse(
      Buffer.from((await files.read('/state/update/update.json'))!).toString(),
    ) as object;
    const text = JSON.stringify({ ...record, phase: 'rolled-back', message: '1.0.0 is back.' });
    await files.writeAtomic('/state/update/update.json', text, { mode: 0o600 });
    await files.linkAtomic(`${HOME}/current`, '1.0.0');
    await files.removeTree(TIMER_FILE);
    await this.boot('1.0.0');
  }

  private link(): Link {
    const nothing = (): void => undefined;
    const refuse = (): Promise<never> => Promise.reject(new Error('not here'));
    const isConnected = (): boolean => this.connected;
    return {
      get connected() {
        return isConnected();
      },
      pokeStatus: nothing,
      pokeOperations: nothing,
      pokeServerReport: nothing,
      pokeTelemetry: nothing,
      sign: refuse,
      publishChallenge: refuse,
      fetchRelease: refuse,
      fetchFile: () => {
        throw new Error('not here');
      },
      fetchAgentPackage: (_sha256, offset) => this.pieces(Number(offset)),
    };
  }

  private async *pieces(offset: number): AsyncGenerator<Uint8Array> {
    this.asked.push(offset);
    for (let from = offset; from < this.served.length; from += 65_536) {
      if (this.cutAfter !== undefined && from >= this.cutAfter) {
        this.cutAfter = undefined;
        throw new Error('the line was cut');
      }
      yield this.served.subarray(from, from + 65_536);
    }
  }
}

describe('an update', () => {
  test('ends as succeeded by the new agent, once it has stayed connected', async () => {
    const server = await InstalledServer.make();
    const uid = await server.update();
    expect(server.unitsStarted).toEqual(['switch']);
    expect(server.report(uid).state).toBe(State.RUNNING);
    server.connected = false;
    await server.switchTo('2.0.0');
    await server.settle(10_000);
    expect(server.report(uid).state).toBe(State.RUNNING);
    server.connected = true;
    await server.settle(2_000);
    server.connected = false;
    await server.settle();
    server.connected = true;
    await server.settle(2_000);
    expect(server.report(uid).state, 'steady for less than 3 s').toBe(State.RUNNING);
    await server.settle(4_000);
    server.endUnit('settle', 0);
    await server.settle();
    expect(server.report(uid)).toMatchObject({
      state: State.SUCCEEDED,
      message: 'The agent runs 2.0.0; before it ran 1.0.0.',
    });
  });

  test('ends as failed by the old agent, when that was brought back, and is not made again', async () => {
    const server = await InstalledServer.make();
    const uid = await server.update();
    server.connected = false;
    await server.switchTo('2.0.0');
    await server.settle(40_000);
    await server.rollBack();
    expect(server.report(uid)).toMatchObject({
      state: State.FAILED,
      reason: 'ROLLED_BACK',
      message: '1.0.0 is back.',
    });
    expect(server.unitsStarted).not.toContain('switch');
    await server.boot('1.0.0');
    expect(server.report(uid).state).toBe(State.FAILED);
  });

  test('whose switch ends before anything was switched tells why', async () => {
    const server = await InstalledServer.make();
    const uid = await server.update();
    server.fake.files.seed('/state/update/switch.log', 'unpacking\nThe package has no node.\n');
    server.endUnit('switch', 1);
    await server.settle();
    expect(server.report(uid)).toMatchObject({ state: State.FAILED, reason: 'NOT_SWITCHED' });
    expect(server.report(uid).message).toContain('The package has no node.');
  });

  test('that is cancelled while it switches ends as what it became', async () => {
    const server = await InstalledServer.make();
    const uid = await server.update();
    await server.agent.core.cancelOperation(uid);
    await server.settle();
    expect(server.report(uid).state).toBe(State.RUNNING);
    await server.switchTo('2.0.0');
    await server.settle(5_000);
    server.endUnit('settle', 0);
    await server.settle();
    expect(server.report(uid).state).toBe(State.SUCCEEDED);
  });

  test('goes on with its download after a cut line and a restart', async () => {
    const server = await InstalledServer.make();
    server.cutAfter = 400_000;
    const cut = await server.update();
    expect(server.report(cut)).toMatchObject({ state: State.FAILED });
    expect(server.unitsStarted).toEqual([]);
    await server.boot('1.0.0');
    await server.update();
    expect(server.asked[0]).toBe(0);
    expect(server.asked[1]).toBeGreaterThan(300_000);
    expect(server.unitsStarted).toEqual(['switch']);
  });

  test('is begun one at a time', async () => {
    const server = await InstalledServer.make();
    await server.update();
    const second = await server.update(release({ version: '3.0.0', sequence: 30n }));
    expect(server.report(second)).toMatchObject({ state: State.FAILED, reason: 'UPDATE_UNDER_WAY' });
  });

  test('keeps operations and manifests waiting until the new agent has proven itself', async () => {
    const server = await InstalledServer.make();
    await server.update();
    server.connected = false;
    await server.switchTo('2.0.0');
    const uid = newUid();
    const operation = { case: 'noop' as const, value: {} };
    const taken = server.agent.core.startOperation(create(OperationStartSchema, { uid, operation }));
    const stored = offer(server.agent, { serverUid: server.fake.serverUid, revision: 1n, resources: [] });
    await server.settle(20_000);
    expect(server.report(uid)).toBeUndefined();
    expect(server.agent.core.fence().revision).toBe(0n);
    server.connected = true;
    await server.settle(5_000);
    await taken;
    expect(server.report(uid).state).toBe(State.SUCCEEDED);
    expect(await stored).toMatchObject({ stored: true });
  });
});

describe('a release is refused', () => {
  const other = generateKeyPairSync('ed25519');

  test.each<[string, SignedAgentRelease, string, RegExp]>([
    ['signed by another key', release({}, other.privateKey), 'DENIED', /not signed by the release key/],
    ['for another processor', release({ architecture: 'riscv64' }), 'NO_PACKAGE', /x86_64/],
    ['that is not there', create(SignedAgentReleaseSchema), 'DENIED', /not signed/],
  ])('%s', async (_what, signed, reason, message) => {
    const server = await InstalledServer.make();
    const report = server.report(await server.update(signed));
    expect(report).toMatchObject({ state: State.FAILED, reason });
    expect(report.message).toMatch(message);
    expect([server.unitsStarted, server.asked]).toEqual([[], []]);
  });

  test('when it is older than what ran here, also after the older one was installed by hand', async () => {
    const server = await InstalledServer.make();
    server.fake.files.seed('/state/update/highest-sequence', '20\n');
    const older = server.report(await server.update(release({ version: '1.5.0', sequence: 19n })));
    expect(older).toMatchObject({ state: State.FAILED, reason: 'DOWNGRADE_REFUSED' });
    await server.update(release({ sequence: 20n }));
    expect(server.unitsStarted).toEqual(['switch']);
  });

  test('when its package was changed on its way', async () => {
    const server = await InstalledServer.make();
    server.served = Buffer.from(PACKAGE).fill('b', 500_000, 500_010);
    const report = server.report(await server.update());
    expect(report).toMatchObject({ state: State.FAILED, reason: 'DENIED' });
    expect(server.asked).toEqual([0, 0]);
    expect(await server.fake.files.list('/state/update')).toEqual([]);
  });

  test('when the policy of the server forbids updates', async () => {
    const server = await InstalledServer.make();
    server.forbidden = '/etc/ostler/policy says self_update = no.';
    const report = server.report(await server.update());
    expect(report).toMatchObject({
      state: State.FAILED,
      reason: 'POLICY_FORBIDS',
      message: server.forbidden,
    });
  });

  test('when the disk has no room for it', async () => {
    const server = await InstalledServer.make();
    server.fake.files.free = PACKAGE.length;
    const before = server.report(await server.update());
    expect(before).toMatchObject({ state: State.FAILED, reason: 'LIMIT_EXCEEDED' });
    expect(before.message).toMatch(/Make room/);
    expect(server.asked).toEqual([]);
  });

  test.each([
    [
      'is no installed one',
      (server: InstalledServer) => server.fake.files.removeTree(`${HOME}/current`),
      /current/,
    ],
    [
      'was started by hand',
      (server: InstalledServer) => server.fake.files.removeTree('/proc/self/cgroup'),
      /started/,
    ],
    [
      'knows no release key',
      (server: InstalledServer) => server.fake.files.removeTree(KEY_FILE),
      /release-key/,
    ],
  ])('when the agent %s, and the capability says so', async (_what, change, message) => {
    const server = await InstalledServer.make();
    await change(server);
    const report = server.report(await server.update());
    expect(report).toMatchObject({ state: State.FAILED, reason: 'CAPABILITY_MISSING' });
    expect(report.message).toMatch(message);
    await server.boot('1.0.0');
    const { capabilities } = await server.agent.core.serverReport();
    const found = capabilities.find(({ name }) => name === 'self-update');
    expect(found).toMatchObject({ available: false, detail: expect.stringMatching(message) });
  });
});

test('a restart is made once, and told by the agent that comes up', async () => {
  const server = await InstalledServer.make();
  const uid = newUid();
  const operation = { case: 'restartAgent' as const, value: {} };
  await server.agent.core.startOperation(create(OperationStartSchema, { uid, operation }));
  await server.settle();
  expect(server.unitsStarted).toEqual(['restart']);
  await server.boot('1.0.0');
  expect(server.report(uid).state).toBe(State.RUNNING);
  server.endUnit('restart', 0);
  await server.settle();
  expect(server.report(uid)).toMatchObject({ state: State.SUCCEEDED, message: 'The agent was restarted.' });
  await server.boot('1.0.0');
  expect(server.report(uid).state).toBe(State.SUCCEEDED);
});
