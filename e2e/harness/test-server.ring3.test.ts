import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  beginSeveralServers,
  bootServer,
  closeTestNetwork,
  CommandFailed,
  type TestNetwork,
  testNetwork,
  type TestServer,
} from './index';

const UNREACHABLE_AFTER_MS = 1_000;

let server: TestServer;
let network: TestNetwork;

beforeAll(async () => {
  await beginSeveralServers();
  server = await bootServer({ name: 'alpha' });
  network = await testNetwork();
});

afterAll(closeTestNetwork);

async function answersHttp(address: string): Promise<boolean> {
  return fetch(`http://${address}/`, { signal: AbortSignal.timeout(UNREACHABLE_AFTER_MS) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

describe('a booted server', () => {
  test('runs systemd as PID 1 with nothing failed', async () => {
    expect((await server.readFile('/proc/1/comm')).trim()).toBe('systemd');
    expect((await server.run(['systemctl', 'is-system-running'])).trim()).toBe('running');
  });

  test('has cgroup v2 with the controllers that limits need', async () => {
    const controllers = (await server.readFile('/sys/fs/cgroup/cgroup.controllers')).trim().split(' ');
    expect(controllers).toEqual(expect.arrayContaining(['cpu', 'io', 'memory', 'pids']));
    const limited = [
      'systemd-run',
      '--wait',
      '--pipe',
      '--property=MemoryMax=64M',
      'cat',
      '/proc/self/cgroup',
    ];
    expect(await server.run(limited)).toMatch(/^0::\/system\.slice\/run-.*\.service\n$/);
  });

  test('serves HTTP to the machine, over IPv4 and IPv6', async () => {
    expect(await answersHttp(server.address)).toBe(true);
    expect(await answersHttp(`[${server.ipv6Address}]`)).toBe(true);
  });

  test('has its name, a disk of its own and less memory in use than it may have', async () => {
    expect((await server.run(['hostname'])).trim()).toBe('alpha');
    expect(await server.run(['findmnt', '--noheadings', '--output=FSTYPE', '/'])).toBe('ext4\n');
    const resident = await server.residentBytes();
    expect(resident).toBeGreaterThan(32 * 1024 * 1024);
    expect(resident).toBeLessThan(512 * 1024 * 1024);
  });

  test('has nginx with what sites need, PHP-FPM and an SSH server', async () => {
    const { stderr } = await server.exec(['nginx', '-V']);
    for (const module of ['http_ssl', 'http_v2', 'http_realip'])
      expect(stderr).toContain(`--with-${module}_module`);
    expect(stderr).not.toMatch(/--without-http_(limit_req|auth_basic|gzip|fastcgi)/);
    await server.run(['systemctl', 'start', 'php8.2-fpm', 'ssh']);
    await server.waitForUnit('php8.2-fpm.service');
    await server.run(['test', '-S', '/run/php/php8.2-fpm.sock']);
    await server.run(['systemctl', 'stop', 'php8.2-fpm', 'ssh']);
  });
});

describe('exec', () => {
  test('gives exit code, stdout and stderr apart', async () => {
    const output = await server.exec(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(output).toEqual({ code: 3, signal: undefined, stdout: 'out\n', stderr: 'err\n' });
  });

  test('takes arguments as they are, without a shell', async () => {
    const argv = ['two words', '$HOME', '', 'a\nb', '*', "quote'", 'ü'];
    expect(await server.run(['printf', '<%s>', ...argv])).toBe(argv.map((word) => `<${word}>`).join(''));
  });

  test('says by which signal a program ended', async () => {
    const output = await server.exec(['sh', '-c', 'kill -TERM $$']);
    expect(output).toMatchObject({ code: 143, signal: 15 });
  });

  test('answers 127 for a program that is not there', async () => {
    expect(await server.exec(['no-such-program'])).toMatchObject({ code: 127 });
  });

  test('carries megabytes both ways', async () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024 + 1, 'abcdefg');
    const { stdout } = await server.exec(['cat'], { input: bytes });
    expect(stdout === bytes.toString()).toBe(true);
  });

  test('does not wait for input to be read that a program leaves', async () => {
    expect(await server.exec(['true'], { input: Buffer.alloc(4 * 1024 * 1024) })).toMatchObject({ code: 0 });
  });

  test('kills the whole process group when the time is over', async () => {
    const late = server.exec(['sh', '-c', 'sleep 987654 & sleep 987654'], { timeoutMs: 1_500 });
    await expect(late).rejects.toThrow('was still running after 1500 ms');
    const sleepers = () => server.exec(['pgrep', '--full', '^sleep 987654']);
    await expect.poll(async () => (await sleepers()).stdout).toBe('');
  });

  test('run names the server, the command and what it said', async () => {
    const failed = server.run(['sh', '-c', 'echo why >&2; exit 9']);
    await expect(failed).rejects.toThrow(CommandFailed);
    await expect(failed).rejects.toThrow('on alpha, sh -c echo why >&2; exit 9 ended with code 9: why');
  });
});

describe('files', () => {
  test('are written with mode and folders, and read back', async () => {
    await server.writeFile('/srv/deep/er/file', 'content ü\n', '0640');
    expect(await server.readFile('/srv/deep/er/file')).toBe('content ü\n');
    expect(await server.run(['stat', '--format=%a %U', '/srv/deep/er/file'])).toBe('640 root\n');
  });

  test('of a folder of the machine are mounted, and copied', async () => {
    const folder = join(network.folder, 'folder');
    await mkdir(join(folder, 'inner'), { recursive: true });
    await writeFile(join(folder, 'inner', 'script'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
    const mounted = await server.mountDirectory(folder);
    expect(await server.run([`${mounted}/inner/script`])).toBe('ran\n');
    expect(await server.exec(['touch', `${mounted}/new`])).toMatchObject({ code: 1 });
    await server.putDirectory(folder, '/opt/copied');
    expect(await server.run(['/opt/copied/inner/script'])).toBe('ran\n');
  });
});

describe('the network', () => {
  test('lets the server reach the test process and programs in the namespace', async () => {
    const outside = createServer((_, response) => response.end('outside')).listen(0, network.machineAddress);
    await once(outside, 'listening');
    const { port } = outside.address() as AddressInfo;
    expect(await server.run(['curl', '-sS', `http://${network.machineAddress}:${port}/`])).toBe('outside');
    outside.close();

    const program = `
      const server = require('node:http').createServer((_, response) => response.end('inside'));
      server.listen(0, '${network.address}', () => console.log(server.address().port));`;
    const child = network.spawn([process.execPath, '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [announced] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    const address = `http://${network.address}:${announced.toString().trim()}/`;
    expect(await server.run(['curl', '-sS', address])).toBe('inside');
    expect(await (await fetch(address)).text()).toBe('inside');
    child.kill();
  });
});

describe('beside another server', () => {
  let other: TestServer;

  // Here and not in a test: it may have to wait for its place on the machine.
  beforeAll(async () => {
    other = await bootServer({ name: 'beta' });
  });

  afterAll(() => other.stop());

  test('reaches it, until a partition of one of them', async () => {
    const curl = ['curl', '-sS', '--output', '/dev/null', '--max-time', '2', `http://${other.address}/`];
    expect(await server.exec(curl)).toMatchObject({ code: 0 });
    await other.partition();
    expect(await server.exec(curl)).toMatchObject({ code: 28 });
    expect(await answersHttp(server.address)).toBe(true);
    await expect(bootServer({ name: 'gamma' })).rejects.toThrow('alpha and beta are booted; stop one first');
  });
});

/** Datagrams that reached a closed port: what came in, seen on the server itself. */
async function countDatagramsIn(): Promise<number> {
  const [names = '', values = ''] = (await server.readFile('/proc/net/snmp')).match(/^Udp: .*$/gm) ?? [];
  return Number(values.split(' ')[names.split(' ').indexOf('NoPorts')]);
}

describe('a partition', () => {
  const CLOSED_PORT = 9;

  async function datagramsArrive(): Promise<{ in: boolean; out: boolean }> {
    const socket = createSocket('udp4').bind(0, network.machineAddress);
    await once(socket, 'listening');
    const before = await countDatagramsIn();
    const arrived = once(socket, 'message', { signal: AbortSignal.timeout(UNREACHABLE_AFTER_MS) });
    const out = arrived.then(
      () => true,
      () => false,
    );
    socket.send('x', CLOSED_PORT, server.address);
    const target = `/dev/udp/${network.machineAddress}/${socket.address().port}`;
    await server.run(['bash', '-c', `echo x >${target}`]);
    const seen = { out: await out, in: (await countDatagramsIn()) > before };
    socket.close();
    return seen;
  }

  test('cuts the chosen way while exec goes on, and heals', async () => {
    expect(await datagramsArrive()).toEqual({ in: true, out: true });
    for (const [direction, arrive] of [
      ['in', { in: false, out: true }],
      ['out', { in: true, out: false }],
      ['both', { in: false, out: false }],
    ] as const) {
      await server.partition({ direction });
      expect({ direction, ...(await datagramsArrive()) }).toEqual({ direction, ...arrive });
      expect(await answersHttp(server.address)).toBe(false);
      expect(await answersHttp(`[${server.ipv6Address}]`)).toBe(false);
      await server.heal();
      expect({ direction, ...(await datagramsArrive()) }).toEqual({ direction, in: true, out: true });
    }
    expect(await answersHttp(server.address)).toBe(true);
    expect(await answersHttp(`[${server.ipv6Address}]`)).toBe(true);
  });
});

describe('time and space', () => {
  test('the clock moves, and the machine keeps its own', async () => {
    const quarter = 90 * 24 * 3600;
    const skew = async () => Number(await server.run(['date', '+%s'])) - Date.now() / 1000;
    await server.moveClock(quarter);
    expect(Math.abs((await skew()) - quarter)).toBeLessThan(10);
    await server.moveClock(-quarter);
    expect(Math.abs(await skew())).toBeLessThan(10);
  });

  test('a full disk takes nothing more until it is freed', async () => {
    const write = ['dd', 'if=/dev/zero', 'of=/srv/more', 'bs=4k', 'count=64', 'conv=fsync'];
    await server.fillDisk();
    const full = await server.exec(write);
    expect(full.code).toBe(1);
    expect(full.stderr).toContain('No space left on device');
    await server.freeDisk();
    expect(await server.exec(write)).toMatchObject({ code: 0 });
  });
});

describe('a power loss', () => {
  test('keeps what was fsynced, loses what was not, and ends what ran', async () => {
    const bootId = await server.readFile('/proc/sys/kernel/random/boot_id');
    await server.run(['dd', 'of=/srv/kept', 'conv=fsync'], { input: 'kept' });
    await server.run(['sync', '--file-system', '/srv']);
    const running = server.exec(['sleep', '1000']).catch(String);
    await server.writeFile('/srv/lost', 'lost');
    await server.powerLoss();
    expect(await running).toBe('Error: alpha lost its power');
    expect(await server.readFile('/proc/sys/kernel/random/boot_id')).not.toBe(bootId);
    expect(await server.readFile('/srv/kept')).toBe('kept');
    expect((await server.exec(['cat', '/srv/lost'])).stdout).toBe('');
    expect(await answersHttp(server.address)).toBe(true);
    expect(await server.journal({ unit: 'nginx.service' })).toContain('Started nginx.service');
    expect((await server.consoleLog()).match(/the command channel listens/g)).toHaveLength(2);
  });
});

test('a reboot is orderly: what was only written is kept', async () => {
  const bootId = await server.readFile('/proc/sys/kernel/random/boot_id');
  await server.writeFile('/srv/written', 'kept');
  await server.reboot();
  expect(await server.readFile('/proc/sys/kernel/random/boot_id')).not.toBe(bootId);
  expect(await server.readFile('/srv/written')).toBe('kept');
  expect(await answersHttp(server.address)).toBe(true);
});
