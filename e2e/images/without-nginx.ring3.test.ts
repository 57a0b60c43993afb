import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootServer, closeTestNetwork, IMAGE_WITHOUT_NGINX, type TestServer } from '../harness';

let server: TestServer;
let launcher: string;

beforeAll(async () => {
  server = await bootServer({ name: 'bare', image: IMAGE_WITHOUT_NGINX });
  launcher = await server.mountDirectory(join(import.meta.dirname, '../../deploy/launcher'));
});
afterAll(closeTestNetwork);

/** The step of `npm start` that sees to nginx, as root on a Debian that has none. */
const ensureNginx = () =>
  server.exec(['sh', '-c', '. "$0/bootstrap.sh"; . "$0/debian.sh"; ensure_nginx', launcher], {
    timeoutMs: 240_000,
  });

test('npm start installs nginx through apt where it is missing, and says so', async () => {
  expect(await server.exec(['nginx', '-v'])).toMatchObject({ code: 127 });
  const { code, stderr } = await ensureNginx();
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^ostler: install nginx through apt \(\d+ s\)\n$/) as string,
  });
  await server.waitForUnit('nginx.service');
  expect((await fetch(`http://${server.address}/`)).status).toBe(200);
});

test('the next start finds it and is silent', async () => {
  expect(await ensureNginx()).toMatchObject({ code: 0, stdout: '', stderr: '' });
});
