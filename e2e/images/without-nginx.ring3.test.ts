import { afterAll, expect, test } from 'vitest';
import { bootServer, closeTestNetwork, IMAGE_WITHOUT_NGINX } from '../harness';

afterAll(closeTestNetwork);

test('a server without nginx gets it from its own repository, as an agent would install it', async () => {
  const server = await bootServer({ name: 'bare', image: IMAGE_WITHOUT_NGINX });
  expect(await server.exec(['nginx', '-v'])).toMatchObject({ code: 127 });
  await server.run(['apt-get', 'update']);
  await server.run(['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '--yes', 'nginx'], {
    timeoutMs: 180_000,
  });
  await server.waitForUnit('nginx.service');
  expect((await fetch(`http://${server.address}/`)).status).toBe(200);
});
