import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  OperationReport_State as State,
  OperationReportSchema,
  OperationStartSchema,
  type OperationReport,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { FakeClock } from '@ostler/test-kit';
import { describe, expect, test } from 'vitest';
import { FakeUnits } from '../host/exec/fake';
import { FakeFiles } from '../host/fs/fake';
import type { FoundNginx, NginxRuntime } from '../host/nginx';
import { openMemoryStore, type Store } from '../store';
import { createJsonLog } from '../telemetry';
import { installNginx } from './kinds/install-nginx';
import { showNginxConfiguration, testNginxConfiguration } from './kinds/nginx-configuration';
import { noop } from './kinds/noop';
import type { OperationKind } from './operation.port';
import { OperationRunner } from './operation-runner';

const FOLDER = '/operations';

/** A server whose store, files and units outlive its runners. */
class Server {
  readonly clock = new FakeClock();
  readonly files = new FakeFiles({ '/usr/bin/apt-get': '' });
  /** Name of each unit in the order in which they were started. */
  readonly started: string[] = [];
  readonly units = new FakeUnits((name, command, { outputPath }) => {
    this.started.push(`${name.split('-').at(-1)} ${command.args.at(-1)}`);
    this.outputPath = outputPath;
  });
  nginx: FoundNginx = { found: false, reason: 'NGINX_MISSING', message: 'nginx is not installed.' };
  kinds: OperationKind[] = [];
  private outputPath = '';
  private runner: OperationRunner | undefined;

  constructor(readonly store: Store = openMemoryStore()) {}

  /** A fresh agent; the one before it is gone without a word, as after kill -9. */
  async boot(): Promise<OperationRunner> {
    this.runner?.stop();
    const { clock, files, store, units } = this;
    await files.makeFolder(FOLDER, 0o700);
    const find = () => Promise.resolve(this.nginx);
    const kinds = [
      noop,
      installNginx({ files, isRoot: true, find, installed: () => Promise.resolve() }),
      testNginxConfiguration(find),
      showNginxConfiguration(find),
      ...this.kinds,
    ];
    const log = createJsonLog({ clock, level: 'error', write: () => undefined });
    const nothing = (): void => undefined;
    const notices = { changed: nothing, telemetryChanged: nothing };
    this.runner = new OperationRunner({ store, files, units, clock, log, kinds, folder: FOLDER, ...notices });
    await this.runner.recover();
    await clock.advance(0);
    return this.runner;
  }

  async unitEnds(step: string, exitCode: number | undefined, output = ''): Promise<void> {
    await this.files.append(this.outputPath, Buffer.from(output), { mode: 0o600 });
    const name = [...this.units.units.keys()].find((key) => key.endsWith(`-${step}.service`));
    this.units.end(name!, exitCode);
    await this.clock.advance(1000);
  }

  report(uid: string): OperationReport {
    return this.store.journal.get(uid)!.report;
  }

  /** Everything that is in the spool, as the control plane would put it together. */
  shipped(): string {
    return this.store.spool
      .after(0n, 1e9)
      .map(({ batch }) =>
        batch.case === 'output' ? Buffer.from(batch.value.data).toString() : `<${batch.case}>`,
      )
      .join('');
  }
}

type Operation = MessageInitShape<typeof OperationStartSchema>['operation'];

function start(operation: Operation, more: { safe?: boolean; deadlineMs?: number } = {}) {
  const deadline = more.deadlineMs === undefined ? undefined : timestampFromMs(more.deadlineMs);
  return create(OperationStartSchema, { uid: newUid(), operation, safe: more.safe ?? false, deadline });
}

const install = () => start({ case: 'installNginx', value: {} });
const show = (safe = true) => start({ case: 'showNginxConfiguration', value: {} }, { safe });

function runtime(): FoundNginx {
  const command = { binary: '/usr/sbin/nginx' as const, args: ['-T'], timeoutMs: 1000 };
  const parts: Partial<NginxRuntime> = {
    version: '1.22.1',
    showCommand: () => command,
    testCommand: () => command,
  };
  return { found: true, runtime: parts as NginxRuntime };
}

describe('an operation', () => {
  test('runs its steps as units, ships their output from byte 0, and ends with what they said', async () => {
    const server = new Server();
    const runner = await server.boot();
    const operation = install();
    runner.start(operation);
    await server.clock.advance(0);
    expect(server.report(operation.uid)).toMatchObject({ state: State.RUNNING, progressPercent: 10 });
    await server.unitEnds('update', 0, 'lists\n');
    server.nginx = runtime();
    await server.unitEnds('install', 0, 'unpacked\n');
    expect(server.started).toEqual(['update.service update', 'install.service nginx']);
    expect(server.report(operation.uid)).toMatchObject({
      state: State.SUCCEEDED,
      exitCode: 0,
      outputBytes: 15n,
    });
    expect(server.shipped()).toBe('lists\nunpacked\n');
    expect(server.units.units.size).toBe(0);
  });

  test('that fails says why, and its output is there', async () => {
    const server = new Server();
    const runner = await server.boot();
    const operation = install();
    runner.start(operation);
    await server.clock.advance(0);
    await server.unitEnds('update', 100, 'no network\n');
    await server.unitEnds('install', 100, 'E: Unable to locate\n');
    expect(server.report(operation.uid)).toMatchObject({
      state: State.FAILED,
      reason: 'INSTALL_FAILED',
      exitCode: 100,
    });
    expect(server.shipped()).toContain('no network\n\nThe package lists could not be read anew');
  });

  test('whose server lacks what it needs fails with the reason', async () => {
    const server = new Server();
    const runner = await server.boot();
    await server.files.removeTree('/usr/bin/apt-get');
    const operation = install();
    runner.start(operation);
    await server.clock.advance(0);
    expect(server.report(operation.uid)).toMatchObject({ state: State.FAILED, reason: 'CAPABILITY_MISSING' });
    expect(server.started).toEqual([]);
  });

  test('that is cancelled ends its unit, and does not begin another', async () => {
    const server = new Server();
    const runner = await server.boot();
    const operation = install();
    runner.start(operation);
    await server.clock.advance(0);
    runner.cancel(operation.uid);
    await server.clock.advance(1000);
    expect(server.report(operation.uid)).toMatchObject({ state: State.CANCELLED });
    expect(server.started).toEqual(['update.service update']);
    expect(server.units.units.size).toBe(0);
  });

  test('whose deadline passes is ended, and one whose deadline has passed never begins', async () => {
    const server = new Server();
    const runner = await server.boot();
    const late = start({ case: 'installNginx', value: {} }, { deadlineMs: server.clock.now() + 5000 });
    runner.start(late);
    await server.clock.advance(6000);
    expect(server.report(late.uid)).toMatchObject({ state: State.EXPIRED, reason: 'DEADLINE_EXCEEDED' });
    const tooLate = start({ case: 'noop', value: {} }, { deadlineMs: server.clock.now() - 1 });
    runner.start(tooLate);
    expect(server.report(tooLate.uid)).toMatchObject({ state: State.EXPIRED });
    expect(server.started).toHaveLength(1);
  });

  test('that no driver knows fails and says what to do', async () => {
    const server = new Server();
    const runner = await server.boot();
    const operation = start({ case: 'diagnose', value: {} });
    runner.start(operation);
    expect(server.report(operation.uid)).toMatchObject({ state: State.FAILED, reason: 'AGENT_TOO_OLD' });
  });

  test('without a uid is refused and not journalled', async () => {
    const server = new Server();
    const runner = await server.boot();
    const operation = { ...start({ case: 'noop', value: {} }), uid: '../x' };
    expect(() => runner.start(operation)).toThrow('uid');
    expect(server.store.journal.open()).toEqual([]);
  });
});

describe('after a crash', () => {
  test('an operation whose unit goes on is taken up, and nothing is started twice', async () => {
    const server = new Server();
    const operation = install();
    (await server.boot()).start(operation);
    await server.clock.advance(0);
    await server.unitEnds('update', 0, 'lists\n');
    await server.boot();
    server.nginx = { found: false, reason: 'NGINX_MISSING', message: 'nginx is not installed.' };
    expect(server.started).toEqual(['update.service update', 'install.service nginx']);
    server.nginx = runtime();
    await server.unitEnds('install', 0, 'unpacked\n');
    expect(server.started).toHaveLength(2);
    expect(server.shipped()).toBe('lists\nunpacked\n');
  });

  test('an operation whose unit is gone is interrupted, and not run again by guess', async () => {
    const server = new Server();
    const operation = install();
    (await server.boot()).start(operation);
    await server.clock.advance(0);
    server.units.lose();
    const runner = await server.boot();
    await server.clock.advance(10_000);
    expect(server.report(operation.uid)).toMatchObject({ state: State.INTERRUPTED });
    expect(server.started).toHaveLength(1);
    runner.start(operation);
    await server.clock.advance(10_000);
    expect(server.started).toHaveLength(1);
  });

  test('a unit that vanishes while it is watched is an interruption, and no further step begins', async () => {
    const server = new Server();
    const operation = install();
    (await server.boot()).start(operation);
    await server.clock.advance(0);
    server.units.lose();
    await server.clock.advance(1000);
    expect(server.report(operation.uid)).toMatchObject({ state: State.INTERRUPTED });
    expect(server.started).toHaveLength(1);
  });

  test('an operation that was accepted and not begun begins', async () => {
    const server = new Server();
    const operation = install();
    server.store.journal.accept(
      operation,
      create(OperationReportSchema, { uid: operation.uid, state: State.ACCEPTED }),
    );
    await server.boot();
    expect(server.started).toEqual(['update.service update']);
  });

  test('an operation that is safe to repeat is repeated', async () => {
    const server = new Server();
    server.nginx = runtime();
    const operation = show();
    (await server.boot()).start(operation);
    await server.clock.advance(0);
    server.units.lose();
    await server.boot();
    expect(server.started).toHaveLength(2);
  });

  test('an operation that is not safe to repeat, and has no unit to tell, is interrupted', async () => {
    const server = new Server();
    server.nginx = runtime();
    const operation = show(false);
    (await server.boot()).start(operation);
    await server.clock.advance(0);
    server.units.lose();
    await server.boot();
    expect(server.report(operation.uid)).toMatchObject({ state: State.INTERRUPTED });
  });
});

describe('output', () => {
  test('waits in its file while the spool is full, and goes on when there is room', async () => {
    const server = new Server();
    const runner = await server.boot();
    const operation = install();
    runner.start(operation);
    await server.clock.advance(0);
    const much = 'x'.repeat(6 * 1024 * 1024);
    await server.unitEnds('update', 0, much);
    await server.unitEnds('install', 1);
    let got = 0;
    for (let round = 0; round < 5 && got < much.length; round++) {
      const frames = server.store.spool.after(0n, 1e9);
      got += frames.reduce(
        (sum, { batch }) => sum + (batch.case === 'output' ? batch.value.data.byteLength : 0),
        0,
      );
      expect(
        frames.every(({ batch }) => batch.case === 'output' && batch.value.data.byteLength <= 65_536),
      ).toBe(true);
      server.store.spool.acknowledge(frames.at(-1)!.sequence);
      runner.spoolDrained();
      await server.clock.advance(0);
      await server.clock.advance(0);
    }
    expect(got).toBe(much.length);
  });

  test('beyond its limit becomes a counted gap', async () => {
    const server = new Server();
    const runner = await server.boot();
    const operation = install();
    runner.start(operation);
    await server.clock.advance(0);
    const limit = 16 * 1024 * 1024;
    await server.unitEnds('update', 0, 'y'.repeat(limit + 1000));
    await server.unitEnds('install', 1);
    let gap: unknown;
    for (let round = 0; round < 8 && !gap; round++) {
      const frames = server.store.spool.after(0n, 1e9);
      gap = frames.find(({ batch }) => batch.case === 'gap')?.batch.value;
      server.store.spool.acknowledge(frames.at(-1)?.sequence ?? 0n);
      runner.spoolDrained();
      for (let turn = 0; turn < 5; turn++) await server.clock.advance(0);
    }
    expect(gap).toMatchObject({ operationUid: operation.uid, offset: BigInt(limit), lostBytes: 1000n });
  });

  test('goes from the disk once it is shipped and its end is known', async () => {
    const server = new Server();
    const runner = await server.boot();
    const operation = install();
    runner.start(operation);
    await server.clock.advance(0);
    await server.unitEnds('update', 0, 'a');
    await server.unitEnds('install', 1, 'b');
    expect(await server.files.list(FOLDER)).toEqual([`${operation.uid}.out`]);
    runner.forget(operation.uid);
    await server.clock.advance(0);
    expect(await server.files.list(FOLDER)).toEqual([]);
  });

  test('of nginx -T is masked before it leaves, and never lies unmasked where it is shipped from', async () => {
    const server = new Server();
    server.nginx = runtime();
    const runner = await server.boot();
    const operation = show();
    runner.start(operation);
    await server.clock.advance(0);
    await server.unitEnds('show', 0, 'proxy_set_header Authorization "Basic c2VjcmV0";\nlisten 80;\n');
    expect(server.shipped()).toBe('proxy_set_header Authorization ********;\nlisten 80;\n');
    expect(server.report(operation.uid)).toMatchObject({ state: State.SUCCEEDED });
    expect(Object.values(server.files.tree(FOLDER)).join()).not.toContain('c2VjcmV0');
  });
});
