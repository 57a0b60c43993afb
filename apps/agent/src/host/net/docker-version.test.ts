import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readDockerVersion } from './docker-version';

const opened: { server: Server; folder: string }[] = [];

afterEach(async () => {
  for (const { server, folder } of opened.splice(0)) {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
});

async function socketThat(answers: RequestListener): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ostler-docker-'));
  const server = createServer(answers);
  opened.push({ server, folder });
  const path = join(folder, 'docker.sock');
  server.listen(path);
  await once(server, 'listening');
  return path;
}

test('the version is what the daemon itself says', async () => {
  const path = await socketThat((request, response) =>
    response.end(JSON.stringify(request.url === '/version' ? { Version: '27.3.1' } : {})),
  );
  expect(await readDockerVersion(path, 1000)).toBe('27.3.1');
});

test.each<[string, RequestListener]>([
  ['speaks of something else', (_, response) => response.end('{"Version": 7}')],
  ['speaks no JSON', (_, response) => response.end('hello')],
  ['never ends', (_, response) => response.write('{"Ver')],
  ['says too much', (_, response) => response.end('x'.repeat(1_000_000))],
])('one that %s has no version', async (_, answers) => {
  expect(await readDockerVersion(await socketThat(answers), 200)).toBe('');
});

test('without a socket there is none', async () => {
  expect(await readDockerVersion('/run/there-is-no-such.sock', 200)).toBe('');
});
