import { mkdtemp, readFile, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 20_000 });
import type { BinaryPath, Command } from './port';
import { createLinuxExec } from './linux-exec';
import { processesOf, startTimeOf } from './process-tree';
import { SupervisedUnits } from './supervised-units';
import { parseUnitState, transientArguments } from './systemd-units';

const exec = createLinuxExec();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-exec-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function node(script: string, more: Partial<Command> = {}): Command {
  return { binary: process.execPath as BinaryPath, args: ['-e', script], timeoutMs: 20_000, ...more };
}

/** Starts a grandchild in a session of its own that ignores SIGTERM, writes its pid, and stays. */
function withGrandchild(pidPath: string): string {
  const grandchild = `process.on('SIGTERM',()=>{});require('fs').writeFileSync(${JSON.stringify(pidPath)},String(process.pid));setInterval(()=>{},1000)`;
  return `require('child_process').spawn(process.execPath,['-e',${JSON.stringify(grandchild)}],{detached:true,stdio:'ignore'}).unref();setInterval(()=>{},1000)`;
}

async function pidIn(path: string): Promise<number> {
  const text = await vi.waitFor(async () => {
    const read = await readFile(path, 'utf8');
    expect(read).not.toBe('');
    return read;
  }, 10_000);
  return Number(text);
}

/** Dead and only not yet waited for is not alive. */
async function isAlive(pid: number): Promise<boolean> {
  return (await startTimeOf(pid)) !== undefined;
}

describe('a command', () => {
  test('is given its arguments as they are, its input, and nothing of the environment of the agent', async () => {
    process.env['OSTLER_JOIN_TOKEN'] = 'secret';
    const script =
      'process.stdin.pipe(process.stdout);console.error(JSON.stringify([process.argv.slice(1),process.env]))';
    const args = ['-e', script, '--', '$HOME; `id`', '-x', 'a\nb'];
    const stdin = new TextEncoder().encode('in');
    const finished = await exec.run(node('', { args, stdin, environment: { MINE: '1' } }));
    delete process.env['OSTLER_JOIN_TOKEN'];
    expect(finished).toMatchObject({ exitCode: 0, stdout: 'in', timedOut: false, truncated: false });
    const [argv, environment] = JSON.parse(finished.stderr) as [string[], Record<string, string>];
    expect(argv).toEqual(['$HOME; `id`', '-x', 'a\nb']);
    expect(Object.keys(environment).sort()).toEqual(['HOME', 'LANG', 'MINE', 'OSTLER_TREE', 'PATH']);
  });

  test('answers with its exit code, or 128 and the signal', async () => {
    expect(await exec.run(node('process.exit(7)'))).toMatchObject({ exitCode: 7 });
    expect(await exec.run(node("process.kill(process.pid,'SIGKILL')"))).toMatchObject({ exitCode: 137 });
  });

  test('that writes without end is cut and said', async () => {
    const finished = await exec.run(
      node("process.stdout.write('x'.repeat(100000))", { mostOutputBytes: 10 }),
    );
    expect(finished).toMatchObject({ stdout: 'xxxxxxxxxx', truncated: true });
  });

  test('that takes too long ends with everything that it started, however that detached', async () => {
    const path = join(folder, 'pid');
    const pending = exec.run(node(withGrandchild(path), { timeoutMs: 1500 }));
    const pid = await pidIn(path);
    expect(await pending).toMatchObject({ timedOut: true, exitCode: 143 });
    await vi.waitFor(async () => expect(await isAlive(pid)).toBe(false), 10_000);
  });

  test('ends when it is called off', async () => {
    const abort = new AbortController();
    const pending = exec.run(node('setInterval(()=>{},1000)'), abort.signal);
    abort.abort();
    expect(await pending).toMatchObject({ exitCode: 143, timedOut: false });
  });

  test.each([
    ['without a path', 'node', []],
    ['with .. in its path', '/usr/../bin/true', []],
    ['with a NUL', '/bin/true', ['a\0b']],
  ])('%s is refused', async (_what, binary, args) => {
    await expect(exec.run({ binary: binary as BinaryPath, args, timeoutMs: 1000 })).rejects.toMatchObject({
      name: 'AppError',
    });
  });

  test('that is not there says so', async () => {
    await expect(exec.run({ binary: '/no/such', args: [], timeoutMs: 1000 })).rejects.toThrow(
      '/no/such could not be started',
    );
  });
});

describe('a supervised unit', () => {
  const NAME = 'ostler-op-1-test.service';
  const ended = (units: SupervisedUnits) =>
    vi.waitFor(async () => {
      const state = await units.state(NAME);
      expect(state.state).toBe('ended');
      return state;
    }, 10_000);

  test('writes its output to a file of its owner alone, and says how it ended until it is released', async () => {
    const units = new SupervisedUnits(join(folder, 'units'));
    const outputPath = join(folder, 'out');
    expect(await units.state(NAME)).toEqual({ state: 'absent' });
    await units.start(NAME, node("console.log('out');console.error('err');process.exitCode=3"), {
      outputPath,
    });
    expect(await ended(units)).toEqual({ state: 'ended', exitCode: 3 });
    expect((await readFile(outputPath, 'utf8')).split('\n').sort()).toEqual(['', 'err', 'out']);
    await units.start(NAME, node('process.exit(0)'), { outputPath });
    expect(await units.state(NAME)).toEqual({ state: 'ended', exitCode: 3 });
    expect(await units.list()).toEqual([NAME]);
    await units.release(NAME);
    expect(await units.state(NAME)).toEqual({ state: 'absent' });
    expect(await units.list()).toEqual([]);
  });

  test('is found by a restarted agent, which can stop it with everything that it started', async () => {
    const path = join(folder, 'pid');
    const first = new SupervisedUnits(join(folder, 'units'));
    await first.start(NAME, node(withGrandchild(path)), { outputPath: join(folder, 'out') });
    const pid = await pidIn(path);
    const second = new SupervisedUnits(join(folder, 'units'));
    expect(await second.state(NAME)).toEqual({ state: 'running' });
    await second.stop(NAME);
    expect(await isAlive(pid)).toBe(false);
    expect(await processesOf(-1, NAME)).toEqual([]);
    await ended(second);
    await second.release(NAME);
  });

  test('whose pid was taken by another process has ended, with an unknown exit code', async () => {
    const units = new SupervisedUnits(folder);
    const record = { pid: process.pid, startTime: '1', deadlineMs: Date.now() + 1e6 };
    await writeFile(join(folder, `${NAME}.json`), JSON.stringify(record));
    expect(await units.state(NAME)).toEqual({ state: 'ended' });
  });

  test('that takes too long is ended', async () => {
    const units = new SupervisedUnits(folder);
    await units.start(NAME, node('setInterval(()=>{},1000)', { timeoutMs: 200 }), {
      outputPath: join(folder, 'out'),
    });
    expect(await ended(units)).toEqual({ state: 'ended', exitCode: 143 });
  });

  test.each(['nginx.service', '../x.service', 'ostler-op-1.service\n', 'ostler-', '-ostler-op-1.service'])(
    'of the name %j is refused',
    async (name) => {
      const units = new SupervisedUnits(folder);
      await expect(units.state(name)).rejects.toMatchObject({ name: 'AppError' });
    },
  );

  test('whose program is not there fails at its start', async () => {
    const units = new SupervisedUnits(folder);
    await writeFile(join(folder, 'plain'), '');
    await chmod(join(folder, 'plain'), 0o600);
    const command: Command = { binary: join(folder, 'plain') as BinaryPath, args: [], timeoutMs: 1000 };
    await expect(units.start(NAME, command, { outputPath: join(folder, 'out') })).rejects.toThrow(
      'could not be started',
    );
    expect(await units.state(NAME)).toEqual({ state: 'absent' });
  });
});

describe('a transient unit of systemd', () => {
  test('is given everything before --, and dollars are not replaced', () => {
    const command: Command = {
      binary: '/usr/bin/apt-get',
      args: ['-y', '$HOME'],
      environment: { DEBIAN_FRONTEND: 'noninteractive' },
      timeoutMs: 90_500,
    };
    expect(
      transientArguments('ostler-op-1.service', command, {
        outputPath: '/o',
        properties: ['PrivateTmp=yes'],
      }),
    ).toEqual([
      '--unit=ostler-op-1.service',
      '--quiet',
      '--no-ask-password',
      '--service-type=exec',
      '--remain-after-exit',
      '--working-directory=/',
      '--setenv=LANG=C.UTF-8',
      '--setenv=DEBIAN_FRONTEND=noninteractive',
      '--property=StandardOutput=append:/o',
      '--property=StandardError=append:/o',
      '--property=RuntimeMaxSec=91',
      '--property=TimeoutStopSec=2',
      '--property=KillMode=control-group',
      '--property=PrivateTmp=yes',
      '--',
      '/usr/bin/apt-get',
      '-y',
      '$$HOME',
    ]);
  });

  test.each([
    ['LoadState=not-found\nActiveState=inactive', { state: 'absent' }],
    ['LoadState=loaded\nActiveState=active\nSubState=running\nExecMainCode=0', { state: 'running' }],
    ['LoadState=loaded\nActiveState=activating\nSubState=start\nExecMainCode=0', { state: 'running' }],
    [
      'LoadState=loaded\nActiveState=deactivating\nSubState=stop-sigterm\nExecMainCode=0',
      { state: 'running' },
    ],
    [
      'LoadState=loaded\nActiveState=active\nSubState=exited\nExecMainCode=1\nExecMainStatus=0',
      { state: 'ended', exitCode: 0 },
    ],
    [
      'LoadState=loaded\nActiveState=failed\nSubState=failed\nExecMainCode=1\nExecMainStatus=100',
      { state: 'ended', exitCode: 100 },
    ],
    [
      'LoadState=loaded\nActiveState=failed\nSubState=failed\nExecMainCode=2\nExecMainStatus=9',
      { state: 'ended', exitCode: 137 },
    ],
    [
      'LoadState=loaded\nActiveState=failed\nSubState=failed\nExecMainCode=0\nExecMainStatus=0',
      { state: 'ended' },
    ],
  ])('%j is read', (text, state) => {
    expect(parseUnitState(`${text}\n`)).toEqual(state);
  });
});
