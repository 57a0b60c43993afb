import { FakeClock } from '@ostler/test-kit';
import { expect, test } from 'vitest';
import { FakeExec } from '../host/exec/fake';
import { FakeFiles } from '../host/fs/fake';
import { FakeMachine } from '../host/machine/fake';
import type { FoundNginx, NginxRuntime } from '../host/nginx';
import { createJsonLog } from '../telemetry';
import { NginxPresence } from './nginx-presence';
import { ServerFacts } from './server-facts';

const MISSING: FoundNginx = { found: false, reason: 'NGINX_MISSING', message: 'Install nginx.' };

function runtime(): FoundNginx {
  const foreign = {
    servers: [
      {
        file: '/etc/nginx/a',
        line: 3,
        names: ['a.test'],
        listens: [{ address: '*', port: 80, tls: false, isDefault: true }],
      },
    ],
  };
  const parts: Partial<NginxRuntime> = {
    mode: 'system',
    version: '1.22.1',
    httpPort: 80,
    httpsPort: 443,
    readForeign: () => Promise.resolve({ ...foreign, httpDirectives: [], mainDirectives: [] }),
  };
  return { found: true, runtime: parts as NginxRuntime };
}

function server(initial: Record<string, string> = {}) {
  const clock = new FakeClock();
  const files = new FakeFiles({ '/proc/1/comm': 'init\n', ...initial });
  const exec = new FakeExec({ '/usr/bin/systemctl': { stdout: 'systemd 252 (252.30)\n+PAM' } });
  const machine = new FakeMachine();
  const state: { nginx: FoundNginx; changes: number } = { nginx: MISSING, changes: 0 };
  const presence = new NginxPresence(() => Promise.resolve(state.nginx));
  const facts = new ServerFacts({
    files,
    exec,
    machine,
    clock,
    isRoot: true,
    nginx: () => presence.current(),
    refreshNginx: () => presence.refresh(),
    changed: () => void state.changes++,
    log: createJsonLog({ clock, level: 'error', write: () => undefined }),
  });
  return { clock, files, facts, machine, state, presence };
}

test('what a bare server cannot do is said with its reason', async () => {
  const { facts } = server();
  const { capabilities, nginxVersion } = await facts.report();
  expect(capabilities.map(({ name, available }) => `${name} ${available}`)).toEqual([
    'systemd false',
    'cgroup2 false',
    'nginx false',
    'nginx.managed false',
    'docker false',
    'php-fpm false',
    'ipv6 false',
    'apt false',
  ]);
  expect(capabilities.every(({ detail }) => detail !== '')).toBe(true);
  expect(capabilities[0]!.detail).toContain('PID 1 is init');
  expect(nginxVersion).toBe('');
});

test('what is there is found, with where it is', async () => {
  const { facts, state } = server({
    '/run/systemd/system/x': '',
    '/sys/fs/cgroup/cgroup.controllers': 'cpu io memory pids\n',
    '/run/docker.sock': '',
    '/run/php/php8.2-fpm.sock': '',
    '/proc/net/if_inet6': '0001',
    '/usr/bin/apt-get': '',
    '/etc/os-release': 'NAME=x\nPRETTY_NAME="Debian GNU/Linux 12"\n',
  });
  state.nginx = runtime();
  const report = await facts.report();
  expect(report.capabilities.every(({ available }) => available)).toBe(true);
  expect(report).toMatchObject({
    os: 'Debian GNU/Linux 12',
    nginxVersion: '1.22.1',
    systemdVersion: 'systemd 252 (252.30)',
    httpPort: 80,
    foreignSites: [{ serverNames: ['a.test'], listens: ['*:80'], file: '/etc/nginx/a', line: 3 }],
  });
});

test('a change is told, once; the same again is not', async () => {
  const { facts, state, clock, files } = server();
  await facts.report();
  await clock.advance(10 * 60_000);
  expect(state.changes).toBe(0);
  files.seed('/run/docker.sock', '');
  await clock.advance(10 * 60_000);
  expect(state.changes).toBe(1);
  facts.stop();
  expect(clock.timers).toBe(0);
});

test('disks and Docker are told, and a disk that is written to is no news before it matters', async () => {
  const { facts, machine, state, clock } = server();
  machine.docker = '27.3.1';
  const report = await facts.report();
  expect(report).toMatchObject({ dockerVersion: '27.3.1', disks: [{ mountPoint: '/', fileSystem: 'ext4' }] });
  expect(report.cpuModel).toBe(report.cpuModel.trim());
  const [disk] = machine.list;
  machine.list = [{ ...disk!, freeBytes: disk!.freeBytes - 4096n }];
  await clock.advance(3 * 60_000);
  expect(state.changes).toBe(0);
  machine.list = [{ ...disk!, freeBytes: disk!.freeBytes / 2n }];
  await clock.advance(3 * 60_000);
  expect(state.changes).toBe(1);
  expect((await facts.report()).disks[0]!.freeBytes).toBe(disk!.freeBytes / 2n);
});

test('a machine whose disks cannot be looked at still reports the rest', async () => {
  const { facts, machine } = server();
  machine.disks = () => Promise.reject(new Error('EACCES'));
  expect(await facts.report()).toMatchObject({ disks: [], cpus: expect.any(Number) });
});

test('nginx that comes later is found, and whoever waits for it hears of it', async () => {
  const { facts, state, clock, presence } = server();
  let heard = 0;
  presence.onChange(() => void heard++);
  await facts.report();
  expect(heard).toBe(0);
  state.nginx = runtime();
  await clock.advance(3 * 60_000);
  expect(heard).toBe(1);
  expect(presence.current().found).toBe(true);
  await clock.advance(3 * 60_000);
  expect(heard).toBe(1);
});

test('an nginx that cannot be prepared is a capability with its reason, and is looked at again', async () => {
  let broken = true;
  const presence = new NginxPresence(() =>
    broken ? Promise.reject(new Error('EROFS')) : Promise.resolve(runtime()),
  );
  expect(await presence.refresh()).toMatchObject({ found: false, message: expect.stringContaining('EROFS') });
  broken = false;
  expect(await presence.refresh()).toMatchObject({ found: true });
});
