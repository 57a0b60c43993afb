import { FakeClock } from '@ostler/test-kit';
import { describe, expect, test } from 'vitest';

import { FakeExec } from '../host/exec/fake';
import { FakeFiles } from '../host/fs/fake';
import { watchFirstStarts } from './first-starts';
import { AGENT_UNIT_FILE } from './installation';
import { RollbackUnits } from './rollback-units';
import { settleUpdate } from './settle-update';
import { switchAgent, type UpdaterDeps } from './switch-agent';
import { UpdateFolder, type UpdateRecord } from './update-record';

const HOME = '/opt/ostler-agent';
const STATE = '/var/lib/ostler-agent';
const RECORD: UpdateRecord = {
  operationUid: '019a0000-0000-7000-8000-000000000001',
  phase: 'switching',
  home: HOME,
  fromVersion: '1.0.0',
  toVersion: '2.0.0',
  sequence: '20',
  archive: `${STATE}/update/aa.tar.gz`,
  switchUnit: 'ostler-op-1-switch.service',
  message: '',
};
const PACKAGE = (version: string): Record<string, string> => ({
  node: 'node',
  'agent.cjs': `agent of ${version}`,
  'agent-updater.cjs': 'updater',
  'ostler-agent': 'starter',
  'ostler-agent.service': `unit of ${version}`,
  VERSION: `${version}\n`,
});

/** A server with an installed agent, and systemd as far as the updater sees it. */
class FakeServer {
  readonly files = new FakeFiles();
  readonly folder = new UpdateFolder(this.files, STATE);
  /** The version of the agent that runs. */
  running: string | undefined = '1.0.0';
  unpacked = PACKAGE('2.0.0');
  tarExitCode = 0;
  /** How often systemd started the agent again. */
  restarts = 0;
  reloads = 0;
  /** What systemd says of the units of the rollback: absent, it does not know them. */
  unitsAre = '';
  readonly deps: UpdaterDeps;

  constructor() {
    for (const [name, text] of Object.entries(PACKAGE('1.0.0')))
      this.files.seed(`${HOME}/1.0.0/${name}`, text);
    this.files.seed(`${HOME}/0.9.0/VERSION`, '0.9.0\n');
    this.files.seed(AGENT_UNIT_FILE, 'unit of 1.0.0');
    this.files.seed(`${STATE}/store/agent.db`, 'what 1.0.0 knows');
    this.files.seed(RECORD.archive, 'packed');
    for (const name of ['release.bin', 'signature.bin']) this.files.seed(`${STATE}/update/${name}`, name);
    const exec = new FakeExec({
      '/bin/tar': ({ args }) => {
        const target = args.find((arg) => arg.startsWith('--directory='))!.slice('--directory='.length);
        for (const [name, text] of Object.entries(this.unpacked)) this.files.seed(`${target}/${name}`, text);
        return { exitCode: this.tarExitCode, stderr: 'tar: no' };
      },
      [`${HOME}/2.0.0/ostler-agent`]: {},
      '/usr/bin/systemctl': ({ args }) => this.systemctl(args),
    });
    this.deps = { files: this.files, exec, folder: this.folder, stateFolder: STATE, say: () => undefined };
  }

  async prepare(): Promise<void> {
    await this.files.linkAtomic(`${HOME}/current`, '1.0.0');
    await this.folder.write(RECORD);
  }

  /** The unit starts whatever the link leads to; a new agent changes the store. */
  async startAgent(): Promise<void> {
    this.running = await this.files.readLink(`${HOME}/current`);
    if (this.running === '2.0.0') this.files.seed(`${STATE}/store/agent.db`, 'what 2.0.0 made of it');
  }

  private async systemctl(args: readonly string[]): Promise<object> {
    if (args[0] === 'daemon-reload') this.reloads += 1;
    if (args.includes('--property=NRestarts')) return { stdout: `${this.restarts}\n` };
    if (args.includes('--property=NeedDaemonReload')) return { stdout: this.unitsAre };
    if (args[0] === 'start' && args.at(-1) === 'ostler-agent-rollback.service') await settleUpdate(this.deps);
    if (args.at(-1) !== 'ostler-agent.service') return {};
    if (args[0] === 'stop' || args[0] === 'kill') this.running = undefined;
    if (args[0] === 'start') await this.startAgent();
    return {};
  }

  async seen() {
    const store = await this.files.read(`${STATE}/store/agent.db`);
    return {
      running: this.running,
      link: await this.files.readLink(`${HOME}/current`),
      unit: Buffer.from((await this.files.read(AGENT_UNIT_FILE)) ?? []).toString(),
      store: Buffer.from(store ?? []).toString(),
      armed: await new RollbackUnits(this.files, this.deps.exec).isArmed(),
    };
  }
}

const OLD = {
  running: '1.0.0',
  link: '1.0.0',
  unit: 'unit of 1.0.0',
  store: 'what 1.0.0 knows',
  armed: false,
};
const NEW = {
  running: '2.0.0',
  link: '2.0.0',
  unit: 'unit of 2.0.0',
  store: 'what 2.0.0 made of it',
  armed: false,
};

async function server(): Promise<FakeServer> {
  const made = new FakeServer();
  await made.prepare();
  return made;
}

async function switched(): Promise<FakeServer> {
  const made = await server();
  await switchAgent(made.deps, RECORD);
  return made;
}

describe('a switch', () => {
  test('starts the new agent with a timer armed, and keeps a copy of the store', async () => {
    const made = await switched();
    expect(await made.seen()).toEqual({ ...NEW, armed: true });
    const files = made.files.tree(`${STATE}/update/store-before`);
    expect(Object.values(files)).toEqual(['what 1.0.0 knows']);
    expect(made.files.tree(`${HOME}/2.0.0`)).toHaveProperty([`${HOME}/2.0.0/release.bin`], 'release.bin');
    const [service] = Object.entries(made.files.tree('/etc/systemd/system')).filter(([path]) =>
      path.endsWith('rollback.service'),
    );
    // The old agent's program: the new one is not to be trusted yet.
    expect(service?.[1]).toContain(
      `ExecStart=${HOME}/1.0.0/node ${HOME}/1.0.0/agent-updater.cjs settle ${STATE}`,
    );
  });

  test('that is confirmed is kept, with the version before it and no other', async () => {
    const made = await switched();
    await made.folder.write({ ...RECORD, phase: 'confirmed' });
    await settleUpdate(made.deps);
    expect(await made.seen()).toEqual(NEW);
    expect(await made.files.list(HOME)).toEqual(['1.0.0', '2.0.0', 'current']);
    expect(await made.files.list(`${STATE}/update`)).not.toContain('store-before');
  });

  test('that is not confirmed in time is taken back, store and unit with it', async () => {
    const made = await switched();
    await settleUpdate(made.deps);
    expect(await made.seen()).toEqual(OLD);
    expect(await made.folder.record()).toMatchObject({
      phase: 'rolled-back',
      message: expect.stringMatching(/did not come up/),
    });
    await settleUpdate(made.deps);
    expect(await made.seen()).toEqual(OLD);
  });

  test('to an agent that ends again and again is taken back at once', async () => {
    const made = await switched();
    const clock = new FakeClock();
    const watched = watchFirstStarts(made.deps, clock);
    made.restarts = 1;
    await clock.advance(6_000);
    expect(await made.seen()).toMatchObject({ running: '2.0.0', armed: true });
    made.restarts = 2;
    await clock.advance(3_000);
    await watched;
    expect(await made.seen()).toEqual(OLD);
  });

  test('that is confirmed is watched no more, and one that hangs is left to the timer', async () => {
    for (const phase of ['confirmed', 'switching'] as const) {
      const made = await switched();
      await made.folder.write({ ...RECORD, phase });
      const clock = new FakeClock();
      const watched = watchFirstStarts(made.deps, clock);
      made.restarts = phase === 'confirmed' ? 9 : 0;
      await clock.advance(33_000);
      await watched;
      expect(await made.seen()).toMatchObject({ running: '2.0.0', armed: true });
    }
  });

  test.each([
    ['does not know', '', 1],
    [
      'knows as they are',
      'LoadState=loaded\nNeedDaemonReload=no\n\nLoadState=loaded\nNeedDaemonReload=no\n',
      0,
    ],
    ['knows older', 'LoadState=loaded\nNeedDaemonReload=yes\n\nLoadState=loaded\nNeedDaemonReload=no\n', 1],
  ])('has systemd read all of its units for those that it %s', async (_, said, reloads) => {
    const made = await server();
    made.unitsAre = said;
    await new RollbackUnits(made.files, made.deps.exec).arm(RECORD, STATE);
    expect(made.reloads).toBe(reloads);
  });

  test.each<[string, (made: FakeServer) => void, RegExp]>([
    ['cannot be unpacked', (made) => (made.tarExitCode = 2), /cannot be unpacked: tar: no/],
    ['is of another version', (made) => (made.unpacked = PACKAGE('3.0.0')), /is of version 3\.0\.0/],
    ['lacks its rollback', (made) => delete made.unpacked['agent-updater.cjs'], /has no agent-updater/],
  ])('to a package that %s changes nothing', async (_what, breakIt, message) => {
    const made = await server();
    breakIt(made);
    await expect(switchAgent(made.deps, RECORD)).rejects.toThrow(message);
    expect(await made.seen()).toEqual(OLD);
    expect(await made.files.list(HOME)).toEqual(['0.9.0', '1.0.0', 'current']);
  });

  test('to a package with a link in it changes nothing', async () => {
    const made = await server();
    const { exec } = made.deps;
    (exec as FakeExec).install('/bin/tar', async ({ args }) => {
      const target = args.find((arg) => arg.startsWith('--directory='))!.slice('--directory='.length);
      for (const [name, text] of Object.entries(PACKAGE('2.0.0'))) made.files.seed(`${target}/${name}`, text);
      await made.files.linkAtomic(`${target}/lib`, '/etc');
      return {};
    });
    await expect(switchAgent(made.deps, RECORD)).rejects.toThrow(/lib is no plain file/);
    expect(await made.seen()).toEqual(OLD);
  });
});

/** What a settled end looks like, whoever cut the switch short: the old agent with its store, and nothing armed. */
async function expectOld(made: FakeServer): Promise<void> {
  // The timer survives both a kill and a power cut; where it was not armed, nothing was switched.
  if ((await made.seen()).armed) await settleUpdate(made.deps);
  expect(await made.seen()).toEqual(OLD);
}

// The version before and the version after read it: fields are added and never changed.
test('the record is these bytes', async () => {
  const made = await server();
  expect(made.files.tree(`${STATE}/update`)[`${STATE}/update/update.json`]).toBe(`{
  "operationUid": "019a0000-0000-7000-8000-000000000001",
  "phase": "switching",
  "home": "/opt/ostler-agent",
  "fromVersion": "1.0.0",
  "toVersion": "2.0.0",
  "sequence": "20",
  "archive": "/var/lib/ostler-agent/update/aa.tar.gz",
  "switchUnit": "ostler-op-1-switch.service",
  "message": ""
}
`);
});

describe('a switch that is cut short', () => {
  test.each(['killed', 'without power'])(
    'at any change ends with the old agent and its store, %s',
    async (how) => {
      const whole = await switched();
      const changes = whole.files.changes - (await server()).files.changes;
      expect(changes).toBeGreaterThan(10);
      for (let after = 0; after < changes; after++) {
        const made = await server();
        made.files.crashAfter(after);
        await expect(switchAgent(made.deps, RECORD), `after ${after}`).rejects.toThrow();
        made.files.heal();
        if (how === 'without power') await made.startAgent();
        await expectOld(made);
      }
    },
  );

  test('and whose settling is cut short at any change as well ends so too', async () => {
    for (let after = 0; ; after++) {
      const made = await switched();
      made.files.crashAfter(after);
      const cut = await settleUpdate(made.deps).then(
        () => false,
        () => true,
      );
      made.files.heal();
      if (!cut) return expect(after).toBeGreaterThan(10);
      await made.startAgent();
      await settleUpdate(made.deps);
      expect(await made.seen(), `after ${after}`).toEqual(OLD);
    }
  });
});
