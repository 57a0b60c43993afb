import { expect, test } from 'vitest';
import { FakeExec } from '../exec/fake';
import type { Finished } from '../exec/port';
import { FakeFiles } from '../fs/fake';
import { LastingSettings } from './lasting-settings';

const MAIN = '/etc/nginx/modules-enabled/90-ostler.conf';
const LIMIT = '/etc/systemd/system/nginx.service.d/ostler.conf';
const ENDED: Finished = { exitCode: 0, stdout: '', stderr: '', timedOut: false, truncated: false };

function server(testExitCode = 0) {
  const files = new FakeFiles({ '/etc/nginx/modules-enabled/50-mod.conf': '', '/state/x': '' });
  const state = { reloads: 0 };
  const exec = new FakeExec({
    '/usr/bin/systemctl': ({ args }) => {
      if (args[0] === 'daemon-reload') state.reloads += 1;
      return {};
    },
  });
  const settings = new LastingSettings({
    ...{ files, exec, folder: '/state' },
    outside: async (_binary, args) => {
      const [from = '', to = ''] = args.slice(-2);
      files.seed(to, Buffer.from((await files.read(from)) ?? []).toString());
      return ENDED;
    },
    test: () => Promise.resolve({ ...ENDED, exitCode: testExitCode }),
  });
  const text = async (path: string) => Buffer.from((await files.read(path)) ?? []).toString();
  return { settings, state, text, files };
}

test('nginx gets its limits for later starts once, and systemd reads its units once', async () => {
  const { settings, state, text } = server();
  await settings.keep([]);
  await settings.keep([]);
  expect(await text(LIMIT)).toContain('LimitNOFILE=65536:524288');
  expect(await text(MAIN)).toContain('worker_shutdown_timeout');
  expect(state.reloads).toBe(1);
});

test("a server's own word on old workers stands", async () => {
  const { settings, files } = server();
  await settings.keep(['worker_shutdown_timeout']);
  expect(await files.state(MAIN)).toBeUndefined();
});

test('what nginx does not take is taken back', async () => {
  const { settings, files } = server(1);
  await settings.keep([]);
  expect(await files.state(MAIN)).toBeUndefined();
});
