import { generateKeyPairSync } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import {
  OperationReport_State as State,
  OperationStartSchema,
  type ServerReport,
  ServerReportSchema,
} from '@ostler/contracts';
import { expect, test } from 'vitest';
import { FakeExec } from '../host/exec/fake';
import { FakeFiles } from '../host/fs/fake';
import type { FoundNginx, NginxRuntime } from '../host/nginx';
import { openMemoryStore } from '../store';
import { diagnose } from './kinds/diagnose';
import type { OperationContext } from './operation.port';

const REPORT = create(ServerReportSchema, {
  hostname: 'web-1.test',
  os: 'Debian GNU/Linux 12',
  cpuModel: 'Some CPU',
  cpus: 2,
  capabilities: [
    { name: 'docker', available: false, detail: 'There is no socket.' },
    { name: 'systemd', available: true, detail: 'systemd 252' },
  ],
  disks: [{ mountPoint: '/srv', fileSystem: 'xfs', sizeBytes: 2n ** 30n, freeBytes: 2n ** 29n }],
  localPolicy: { path: '/etc/ostler/policy', present: true, allowedRoots: ['/srv'], selfUpdate: true },
});

interface Fakes {
  readonly files?: Record<string, string>;
  readonly nginx?: FoundNginx;
  readonly trouble?: readonly string[];
  readonly signal?: AbortSignal;
  readonly exec?: FakeExec;
  readonly report?: ServerReport;
}

async function bundle(fakes: Fakes = {}) {
  const { files = {}, nginx, trouble = [], signal, exec = new FakeExec(), report = REPORT } = fakes;
  const said: string[] = [];
  const progress: number[] = [];
  const context: OperationContext = {
    signal: signal ?? new AbortController().signal,
    say: (text) => Promise.resolve(void said.push(text)),
    progress: (percent) => void progress.push(percent),
    unit: () => Promise.reject(new Error('a bundle starts no unit')),
    quietUnit: () => Promise.reject(new Error('a bundle starts no unit')),
  };
  const missing: FoundNginx = { found: false, reason: 'NGINX_MISSING', message: 'nginx is not installed.' };
  const kind = diagnose({
    files: new FakeFiles(files),
    exec,
    store: openMemoryStore(),
    report: () => Promise.resolve(report),
    find: () => Promise.resolve(nginx ?? missing),
    recentTrouble: () => trouble,
    folders: { state: '/state', store: '/state/store', identity: '/state/identity' },
    version: '0.1.0',
    now: () => Date.UTC(2026, 2, 1),
  });
  const outcome = await kind.run(context, create(OperationStartSchema));
  return { text: said.join(''), outcome, progress };
}

const sectionOf = (text: string, title: string): string =>
  text.split(/^== /m).find((part) => part.startsWith(`${title}\n`)) ?? '';

test('a bundle tells of the server, the agent, its policy, its trust and its store', async () => {
  const { text, outcome } = await bundle({ files: { '/state/store/agent.db': 'xyz' } });
  expect(text).toMatch(/^Diagnose bundle of web-1\.test, 2026-03-01T00:00:00\.000Z/);
  expect(sectionOf(text, 'Server')).toContain('2 x Some CPU');
  expect(sectionOf(text, 'Capabilities')).toContain('no  docker: There is no socket.');
  expect(sectionOf(text, 'Disks')).toContain('/srv (xfs): 512 MiB of 1024 MiB free');
  expect(sectionOf(text, 'Local policy')).toContain('allowed roots: /srv');
  expect(sectionOf(text, 'Agent')).toContain('version: 0.1.0');
  expect(sectionOf(text, 'What the agent holds')).toContain('revision 0, 0 resources');
  expect(sectionOf(text, 'Store')).toContain('agent.db: 3 bytes');
  expect(outcome.state).toBe(State.SUCCEEDED);
});

test('what cannot be had says why, and every other section is there', async () => {
  const { text } = await bundle();
  const titles = [...text.matchAll(/^== (.*)$/gm)].map(([, title]) => title);
  expect(titles.length).toBeGreaterThan(25);
  expect(sectionOf(text, 'Listeners')).toContain('not available: /usr/bin/ss could not be started');
  expect(sectionOf(text, 'nginx')).toContain('nginx is not installed.');
});

test('where systemd does not run nobody waits for it, and the reason stands in its place', async () => {
  const asked: string[] = [];
  const ask = ({ binary }: { binary: string }) => {
    asked.push(binary);
    return {};
  };
  const programs = ['systemctl', 'journalctl', 'timedatectl', 'ss', 'df'];
  const exec = new FakeExec(Object.fromEntries(programs.map((name) => [`/usr/bin/${name}`, ask])));
  const report = create(ServerReportSchema, {
    capabilities: [{ name: 'systemd', available: false, detail: 'PID 1 is init.' }],
  });
  const { text } = await bundle({ exec, report });
  expect(new Set(asked)).toEqual(new Set(['/usr/bin/df', '/usr/bin/ss']));
  expect(sectionOf(text, 'Units that failed')).toContain('not available: PID 1 is init.');
});

test('nothing secret leaves: keys, tokens, headers and passwords in addresses', async () => {
  const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const runtime: Partial<NginxRuntime> = { version: '1.22.1', errorLogPath: '/var/log/nginx/error.log' };
  const exec = new FakeExec({
    '/usr/bin/journalctl': { stdout: `started with ost_join_s3cr3t-token and ${pem}` },
  });
  const { text } = await bundle({
    exec,
    files: {
      '/state/identity/key.pem': pem,
      '/var/log/nginx/error.log': 'upstream "http://user:pa55word@10.0.0.1/", Authorization: Bearer t0ken\n',
    },
    nginx: { found: true, runtime: runtime as NginxRuntime },
    trouble: ['{"level":"warn","proxy":"http://user:pa55word@proxy:3128"}'],
  });
  for (const secret of ['s3cr3t', 'pa55word', 't0ken', pem.split('\n')[1]!])
    expect(text).not.toContain(secret);
  expect(sectionOf(text, 'Trust')).toContain('key.pem: there, mode 644');
  expect(text).toContain('proxy:3128');
});

test('a program that says too much is cut, and the bundle goes on', async () => {
  const exec = new FakeExec({ '/usr/bin/ss': { stdout: 'x'.repeat(10_000_000) } });
  const { text } = await bundle({ exec });
  expect(text.length).toBeLessThan(1_000_000);
  expect(sectionOf(text, 'nginx')).not.toBe('');
});

test('a cancel ends it between two sections', async () => {
  const cancel = new AbortController();
  cancel.abort(new Error('cancelled'));
  await expect(bundle({ signal: cancel.signal })).rejects.toThrow('cancelled');
});
