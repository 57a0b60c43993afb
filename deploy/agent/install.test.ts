import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
let folder: string;
let script: string;

/** What the installer calls and what could do harm; here each of them writes down that it was called. */
const programs = [
  'awk', 'base64', 'cat', 'chmod', 'chown', 'cmp', 'cp', 'curl', 'cut', 'df', 'dirname', 'du', 'flock', 'id', 'install',
  'ln', 'mv', 'od', 'openssl', 'readlink', 'rm', 'sed', 'sha256sum', 'sh', 'sync', 'systemctl', 'tar', 'tr', 'uname',
]; // prettier-ignore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-install-'));
  const template = await readFile(join(import.meta.dirname, 'install.sh'), 'utf8');
  script = template
    .replace("\ncontrol=''\n", "\ncontrol='https://control.example:7443'\n")
    .replace("\nlistener_pin=''\n", "\nlistener_pin='sha256//k'\n")
    .replace("\npackages=''\n", "\npackages='x86_64 00 1 1 AA== AA=='\n");
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'witness'), `#!/bin/sh\necho "\${0##*/} $*" >>${folder}/called\n`);
  await chmod(join(folder, 'witness'), 0o755);
  for (const name of programs) await symlink('../witness', join(folder, 'bin', name));
});
afterAll(() => rm(folder, { recursive: true }));

const calls = () => readFile(join(folder, 'called'), 'utf8').catch(() => '');

/** As `curl | sh -s -- ...` whose download ends early. */
async function runCut(text: string): Promise<void> {
  const child = run('/bin/sh', ['-s', '--', '--token', 't', '--ca', 'sha256//c'], {
    env: { PATH: join(folder, 'bin') },
    cwd: folder,
  });
  child.child.stdin!.end(text);
  await child.catch(() => undefined);
}

test('whole, it would begin to work', async () => {
  await runCut(script);
  expect(await calls()).toContain('id -u');
  await rm(join(folder, 'called'));
});

test('cut off after any of its lines, and within any of its first and last ones, it does nothing', async () => {
  const lines = script.trimEnd().split('\n');
  const ends = lines.map((_, index) => lines.slice(0, index).join('\n'));
  const filledIn = script.indexOf("control='");
  const whole = script.trimEnd().length;
  const bytes = Array.from({ length: 300 }, (_, at) => filledIn + at).concat(
    Array.from({ length: 40 }, (_, back) => whole - 1 - back),
  );
  const texts = [...new Set([...ends, ...bytes.map((length) => script.slice(0, length))])];
  for (let at = 0; at < texts.length; at += 16) {
    await Promise.all(texts.slice(at, at + 16).map(runCut));
  }
  expect(await calls()).toBe('');
  expect((await readdir(folder)).sort()).toEqual(['bin', 'witness']);
}, 120_000);

test.each([
  [[], 'what to do is missing'],
  [['--token'], '--token needs a value'],
  [['--frob'], '--frob is not understood'],
])('with %j it says what is wrong, and does nothing', async (args, said) => {
  const child = run('/bin/sh', ['-s', '--', ...args], { env: { PATH: join(folder, 'bin') } });
  child.child.stdin!.end(script);
  await expect(child).rejects.toMatchObject({ code: 64, stderr: expect.stringContaining(said) as string });
  expect(await calls()).toBe('');
});

/** The installer up to its last line, and then what is to be tried of it. */
const tried = async (what: string, path = join(folder, 'bin')) => {
  const text = script.replace(/\nmain "\$@"\s*$/, `\n${what}\n`);
  const child = run('/bin/sh', ['-s'], { env: { PATH: path } });
  child.child.stdin!.end(text);
  const ended = await child.then(
    () => ({ code: 0, stderr: '' }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
  await rm(join(folder, 'called'), { force: true });
  return ended;
};

test.each([
  [5, 69, 'proxy'],
  [6, 69, 'does not resolve here. Check DNS'],
  [7, 69, 'no route, a firewall, or nothing listens there'],
  [22, 69, 'answered with an error'],
  [23, 73, 'is its disk full?'],
  [28, 69, 'did not answer in time'],
  [56, 69, 'allow CONNECT'],
  [90, 76, 'does not show the key sha256//k'],
  [35, 69, 'curl ended with 35'],
])('when curl ends with %i, the installer says why and ends with %i', async (curl, code, said) => {
  const ended = await tried(`explain_download ${curl}`);
  expect(ended).toEqual({ code, stderr: expect.stringContaining(said) as string });
});

test.each([
  ['without root', 'id() { echo 1000; }', 77, 'this needs root'],
  ['without systemd', 'id() { echo 0; }; command() { [ "$2" != systemctl ]; }', 69, 'has no systemd'],
  [
    'without curl',
    'id() { echo 0; }; command() { [ "$2" != curl ]; }',
    69,
    'these programs are missing: curl ',
  ],
])('%s, it says so before it does anything', async (_, given, code, said) => {
  const ended = await tried(`${given}\naction=join\nrequire_server`);
  expect(ended).toEqual({ code, stderr: expect.stringContaining(said) as string });
});

test.each([
  ['of another architecture', 'uname() { echo riscv64; }; choose_package', 69, 'this server is riscv64'],
  [
    'with a full disk',
    'package_size=50000000; df() { echo x; echo x x x 1024; }; awk() { echo 1024; }; require_space',
    73,
    'needs 238 MiB, and its disk has 1 MiB left',
  ],
  [
    'with a proxy of another kind',
    'https_proxy=socks5://p; proxy_for_agent',
    64,
    'it takes http://HOST:PORT',
  ],
])('a server %s is told what is wrong', async (_, what, code, said) => {
  const ended = await tried(what, process.env['PATH']);
  expect(ended).toEqual({ code, stderr: expect.stringContaining(said) as string });
});

test.each([
  ['https_proxy=http://p:1', 'http://p:1'],
  ['HTTPS_PROXY=p:1', 'http://p:1'],
  ['https_proxy=http://p:1 no_proxy=a.test,control.example', ''],
  ['https_proxy=http://p:1 no_proxy=.example', ''],
  ["https_proxy=http://p:1 no_proxy='*'", ''],
  ['https_proxy=http://p:1 no_proxy=trol.example', 'http://p:1'],
  ['', ''],
])('with %s the agent reaches the control plane through %j', async (environment, proxy) => {
  const what = `set -f; ${environment.replaceAll(' ', '; ') || ':'}; proxy_for_agent; die 3 "<$proxy>"`;
  expect((await tried(what, process.env['PATH'])).stderr).toContain(`<${proxy}>`);
});

test('while the package is still being made, it waits, and the packed installer takes over with the same words', async () => {
  const packed =
    'from_control() { echo \'echo "took over: $*" >&2; exit 5\'; }; is_installed() { return 1; }';
  const what = `${packed}; action=join; packages=; take_over_when_packed --token t --name "a b"; die 9 went on`;
  expect(await tried(what, process.env['PATH'])).toEqual({
    code: 5,
    stderr: 'took over: --token t --name a b\n',
  });
});

test('a release that does not name the package is refused', async () => {
  const named = async (architecture: string, digest: string) => {
    const release = Buffer.concat([
      Buffer.from('0a06', 'hex'),
      Buffer.from('x86_64'),
      Buffer.from('1220', 'hex'),
    ]);
    const bytes = Buffer.concat([release, Buffer.alloc(32, 7)]).toString('base64');
    const work = `work=${folder}; printf %s ${bytes} | base64 -d >${folder}/release.bin`;
    return tried(
      `${work}; architecture=${architecture}; package_sha256=${digest}; require_named_digest`,
      process.env['PATH'],
    );
  };
  expect((await named('x86_64', '07'.repeat(32))).code).toBe(0);
  expect((await named('x86_64', '08'.repeat(32))).code).toBe(76);
  expect((await named('aarch64', '07'.repeat(32))).code).toBe(76);
});

test('a server that has joined another control plane is not told that it has joined this one', async () => {
  await mkdir(join(folder, 'identity'), { recursive: true });
  const identity = { controlUrl: 'https://other.test:7443', serverName: 'web', listenerPin: 'sha256//o' };
  await writeFile(join(folder, 'identity/server.json'), JSON.stringify(identity, undefined, 2));
  const what = `state=${folder}; start_agent() { :; }; join_and_start`;
  const ended = await tried(what, process.env['PATH']);
  expect(ended).toEqual({ code: 65, stderr: expect.stringContaining('https://other.test:7443') as string });
  expect((await tried(`listener_pin=sha256//o; ${what}`, process.env['PATH'])).code).toBe(0);
  await rm(join(folder, 'identity'), { recursive: true });
});

test('systemd reads its units again only when it knows an older one', async () => {
  const home = join(folder, 'home');
  await mkdir(join(home, 'current'), { recursive: true });
  await mkdir(join(folder, 'units'));
  for (const name of ['ostler-agent.service', 'ostler-agent-first-boot.service', 'policy']) {
    await writeFile(join(home, 'current', name), name);
  }
  const told = join(folder, 'told');
  const places = `home=${home}; units=${folder}/units; settings=${folder}/settings; program_link=${folder}/link`;
  const put = async (needsReload: string) => {
    await rm(told, { force: true });
    const systemctl = `systemctl() { echo "$1" >>${told}; [ "$1" != show ] || echo ${needsReload}; }`;
    await tried(
      `set -eu; ${places}; ${systemctl}; action=join; changed=no; install_units`,
      process.env['PATH'],
    );
    return (await readFile(told, 'utf8').catch(() => '')).trim().split('\n');
  };
  expect(await put('no')).toEqual(['show']);
  expect(await put('yes')).toEqual(['']);
  await writeFile(join(folder, 'units/ostler-agent.service'), 'older');
  expect(await put('yes')).toEqual(['show', 'daemon-reload']);
});
