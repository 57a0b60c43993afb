import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import type { ConnectRouter, ServiceImpl } from '@connectrpc/connect';
import {
  DecideHoldRequest_Decision as Decision,
  FleetService,
  HoldSchema,
  Operation_State,
  OperationService,
  OrphanedResourceSchema,
  Server_State,
  ServerSchema,
} from '@ostler/contracts';
import { expect, test } from 'vitest';
import { ExitCode } from '../../output/exit-code';
import { runCommand } from '../../testing/run-command.fixture';

type Fleet = Partial<ServiceImpl<typeof FleetService>>;
const fleet = (methods: Fleet) => (router: ConnectRouter) => void router.service(FleetService, methods);

const server = create(ServerSchema, {
  uid: '0196f000-0000-7000-8000-000000000001',
  name: 'web-1',
  state: Server_State.CONNECTED,
  labels: { env: 'prod' },
  facts: {
    hostname: 'web-1.test',
    disks: [{ mountPoint: '/srv', fileSystem: 'xfs', sizeBytes: 2n ** 30n, freeBytes: 2n ** 29n }],
  },
  localPolicy: { path: '/etc/ostler/policy', present: true, allowedRoots: ['/srv'], selfUpdate: true },
});
const orphan = create(OrphanedResourceSchema, {
  uid: '0196f000-0000-7000-8000-000000000009',
  kind: 'SITE',
  name: 'left',
  generation: 3n,
});

test('a saved selector stands for its labels, and one that is not there is refused with those that are', async () => {
  const asked: Record<string, string>[] = [];
  const routes = fleet({
    listSavedSelectors: () => ({ selectors: [{ name: 'eu', labels: { zone: 'fra' }, servers: 1 }] }),
    listServers: ({ labels }) => {
      asked.push(labels);
      return { servers: [server], total: 1 };
    },
  });
  const { output } = await runCommand(
    routes,
    'servers',
    'list',
    '--selector',
    '@eu',
    'env=prod',
    '-o',
    'name',
  );
  expect(output).toBe('server/web-1\n');
  expect(asked).toEqual([{ zone: 'fra', env: 'prod' }]);
  await expect(runCommand(routes, 'servers', 'list', '--selector', '@us')).rejects.toThrow('@eu');
});

test('a server is shown with its disks and the bound of its own administrator, or as it is for programs', async () => {
  const routes = fleet({ getServer: () => ({ server }) });
  const { output } = await runCommand(routes, 'servers', 'get', 'web-1');
  expect(output).toMatch(/\/srv +xfs +1024 MiB +512 MiB/);
  expect(output).toContain('bounds what may be asked of it, in /etc/ostler/policy');
  expect(output).toMatch(/commands and shells +forbidden/);
  const yaml = await runCommand(routes, 'servers', 'get', 'web-1', '-o', 'yaml');
  expect(yaml.output).toContain('mountPoint: /srv');
  const json = await runCommand(routes, 'servers', 'get', 'web-1', '-o', 'json');
  expect(JSON.parse(json.output)).toMatchObject([{ name: 'web-1', localPolicy: { present: true } }]);
});

test('a held server says both decisions before anything else', async () => {
  const hold = create(HoldSchema, { message: 'Its counter went back from 9 to 4.' });
  const routes = fleet({ getServer: () => ({ server: { ...server, hold } }) });
  const { output } = await runCommand(routes, 'servers', 'get', 'web-1');
  expect(output).toContain('hold decide web-1 --is-the-server');
  expect(output).toContain('hold decide web-1 --is-a-copy');
});

test.each([
  ['--is-the-server', Decision.IS_THE_SERVER],
  ['--is-a-copy', Decision.IS_A_COPY],
])('a hold is decided by %s', async (flag, decision) => {
  const decided: Decision[] = [];
  const routes = fleet({
    decideHold: (request) => {
      decided.push(request.decision);
      return { server };
    },
  });
  await runCommand(routes, 'servers', 'hold', 'decide', 'web-1', flag, '--yes');
  expect(decided).toEqual([decision]);
});

test('a hold is not decided by neither and not by both', async () => {
  const routes = fleet({});
  for (const flags of [[], ['--is-the-server', '--is-a-copy']]) {
    const run = runCommand(routes, 'servers', 'hold', 'decide', 'web-1', ...flags, '--yes');
    await expect(run).rejects.toThrow('either --is-the-server or --is-a-copy');
  }
});

test('a check tells its steps, and its exit code says whether the server was reached', async () => {
  const routes = (reachable: boolean) =>
    fleet({
      checkConnection: () => ({
        steps: [{ title: 'Trust', passed: reachable, message: 'found' }],
        reachable,
        message: 'The one sentence.',
      }),
    });
  const reached = await runCommand(routes(true), 'servers', 'check', 'web-1');
  expect(reached.exitCode).toBe(ExitCode.DONE);
  expect(reached.output).toBe('ok  Trust  found\n\nreachable The one sentence.\n');
  const lost = await runCommand(routes(false), 'servers', 'check', 'web-1', '-o', 'json');
  expect(lost.exitCode).toBe(ExitCode.UNAVAILABLE);
  expect(JSON.parse(lost.output)).toMatchObject([{ message: 'The one sentence.' }]);
});

test('a removal only said changes nothing, and a forced one tells what it meant', async () => {
  const calls: string[] = [];
  const routes = fleet({
    removeServer: ({ force, dryRun }) => {
      calls.push(`${force ? 'forced' : 'gentle'}${dryRun ? ', tried' : ''}`);
      return { consequence: 'It means this.', domains: ['shop.test'], placedOnlyThere: 1 };
    },
  });
  const tried = await runCommand(routes, 'servers', 'remove', 'web-1', '--dry-run');
  expect(tried.output).toBe('It means this.\nServed nowhere else: shop.test\n');
  await runCommand(routes, 'servers', 'remove', 'web-1', '--force', '--yes', '-o', 'json');
  expect(calls).toEqual(['gentle, tried', 'forced']);
});

test('without a terminal nothing is removed, revoked or discarded unless --yes is said', async () => {
  const changed: string[] = [];
  const routes = fleet({
    getServer: () => ({ server: { ...server, orphans: [orphan] } }),
    removeServer: ({ dryRun }) => {
      if (!dryRun) changed.push('removed');
      return {};
    },
    revokeServer: () => {
      changed.push('revoked');
      return { server };
    },
    discardOrphans: () => {
      changed.push('discarded');
      return { server };
    },
  });
  for (const line of ['remove web-1', 'revoke web-1', 'orphans discard web-1 --all']) {
    await expect(runCommand(routes, 'servers', ...line.split(' '))).rejects.toThrow('--yes');
  }
  expect(changed).toEqual([]);
});

test('orphans are listed and discarded by uid or all at once', async () => {
  const discarded: string[][] = [];
  const routes = fleet({
    getServer: () => ({ server: { ...server, orphans: [orphan] } }),
    discardOrphans: ({ uids }) => {
      discarded.push(uids);
      return { server };
    },
  });
  expect((await runCommand(routes, 'servers', 'orphans', 'list', 'web-1')).output).toContain('left');
  await runCommand(routes, 'servers', 'orphans', 'discard', 'web-1', '--all', '--yes');
  await runCommand(routes, 'servers', 'orphans', 'discard', 'web-1', orphan.uid, '--yes');
  expect(discarded).toEqual([[orphan.uid], [orphan.uid]]);
  const neither = runCommand(routes, 'servers', 'orphans', 'discard', 'web-1', '--yes');
  await expect(neither).rejects.toThrow('--all');
});

test('a bundle is written for its owner alone, and a failed one is said by the exit code', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ostler-bundle-'));
  const routes = (state: Operation_State) => (router: ConnectRouter) =>
    void router.service(OperationService, {
      start: () => ({ operation: { uid: 'op' } }),
      async *readOutput() {
        yield { offset: 0n, data: new TextEncoder().encode('== Server\n') };
      },
      wait: () => ({ operation: { uid: 'op', state, message: 'The agent went away.' } }),
    });
  const path = join(folder, 'web-1.txt');
  const good = await runCommand(
    routes(Operation_State.SUCCEEDED),
    'servers',
    'diagnose',
    'web-1',
    '-o',
    path,
  );
  expect(good).toMatchObject({ exitCode: ExitCode.DONE, output: `10 bytes are written to ${path}.\n` });
  expect(await readFile(path, 'utf8')).toBe('== Server\n');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const bad = await runCommand(routes(Operation_State.FAILED), 'servers', 'diagnose', 'web-1', '-o', path);
  expect(bad.exitCode).toBe(ExitCode.FAILED);
  await rm(folder, { recursive: true });
});
