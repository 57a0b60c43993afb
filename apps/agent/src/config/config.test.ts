import { expect, test } from 'vitest';
import { FakeFiles } from '../host/fs/fake';
import { loadConfig } from './load-config';

const FILE = '/etc/ostler/agent.json';

test('without anything said the defaults hold, and nothing can change them', async () => {
  const config = await loadConfig({}, new FakeFiles());
  expect(config).toMatchObject({
    folders: { state: '/var/lib/ostler-agent', store: '/var/lib/ostler-agent/store' },
    nginx: { mode: 'auto', httpPort: undefined },
    logLevel: 'info',
  });
  expect([config, config.folders, config.nginx].every(Object.isFrozen)).toBe(true);
});

test('the environment comes before the file', async () => {
  const content = { OSTLER_STATE_FOLDER: '/srv/agent/', OSTLER_LOG_LEVEL: 'warn' };
  const files = new FakeFiles({ [FILE]: JSON.stringify(content) });
  const config = await loadConfig({ OSTLER_LOG_LEVEL: 'debug', OSTLER_NGINX_HTTP_PORT: '8080' }, files);
  expect(config).toMatchObject({
    folders: { state: '/srv/agent' },
    logLevel: 'debug',
    nginx: { httpPort: 8080 },
  });
});

test.each([
  [{ OSTLER_LOG_LEVEL: 'loud' }, 'OSTLER_LOG_LEVEL'],
  [{ OSTLER_NGINX_HTTP_PORT: '0' }, 'OSTLER_NGINX_HTTP_PORT'],
  [{ OSTLER_NGINX_HTTPS_PORT: '80a' }, 'OSTLER_NGINX_HTTPS_PORT'],
  [{ OSTLER_NGINX_MODE: 'none' }, 'OSTLER_NGINX_MODE'],
  [{ OSTLER_STATE_FOLDER: 'relative' }, 'OSTLER_STATE_FOLDER'],
])('%j is refused by name', async (environment, name) => {
  await expect(loadConfig(environment, new FakeFiles())).rejects.toThrow(name);
});

test.each([
  ['not JSON', '{', 'JSON'],
  ['no object', '[1]', '0'],
  ['a name that does not exist', '{"OSTLER_LOGLEVEL":"info"}', 'OSTLER_LOGLEVEL'],
  ['a value that is no text', '{"OSTLER_NGINX_HTTP_PORT":8080}', 'OSTLER_NGINX_HTTP_PORT'],
])('a file with %s is refused', async (_what, content, said) => {
  await expect(loadConfig({}, new FakeFiles({ [FILE]: content }))).rejects.toThrow(said);
});
