import { connect as connectH2 } from 'node:http2';
import { request } from 'node:https';
import { connect as connectTls } from 'node:tls';

import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { LiveService } from '@ostler/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { AuthorityModule, AuthorityService } from '../../authority';
import { rooms } from '../../roles/app.module';
import { startTestApp, type TestApp } from '../../start-test-app.fixture';
import { Log } from '../log';
import { RpcHandler } from '../rpc';
import { ConsoleFiles } from './console-files';
import { Health } from './health';
import { listenOn } from './listen';
import { ownHosts } from './own-hosts';
import { requestListener } from './request-listener';
import { SecureServer } from './secure-server';

let app: TestApp;
let server: SecureServer;
let port: number;

const issue = async () => {
  const { certificateChain, key } = await app.app
    .get(AuthorityService, { strict: false })
    .issueForListener(['localhost']);
  return { certificate: certificateChain, key };
};

beforeAll(async () => {
  app = await startTestApp([...new Set([AuthorityModule, ...rooms])]);
  const routes = { files: await ConsoleFiles.load('/nonexistent'), health: new Health(), version: '1.2.3' };
  const parts = {
    rpc: app.app.get(RpcHandler),
    routes,
    isOwnHost: ownHosts([]),
    secure: true,
    log: new Log('error'),
  };
  server = new SecureServer(await issue(), requestListener(parts));
  port = await listenOn(server.server, '127.0.0.1', 0);
});
afterAll(async () => {
  await server.close();
  await app.close();
});

it('speaks HTTP/1.1 with HSTS, and keeps metrics to itself', async () => {
  const get = (path: string) =>
    new Promise<{ status?: number; hsts?: string }>((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        path,
        rejectUnauthorized: false,
        headers: { host: `localhost:${port}` },
      };
      request(options, ({ statusCode, headers }) =>
        resolve({ status: statusCode, hsts: headers['strict-transport-security'] }),
      )
        .on('error', reject)
        .end();
    });
  expect(await get('/healthz')).toEqual({ status: 200, hsts: 'max-age=31536000' });
  expect((await get('/version')).status).toBe(200);
  expect((await get('/metrics')).status).toBe(404);
});

it('speaks h2 and gRPC', async () => {
  const session = connectH2(`https://localhost:${port}`, { rejectUnauthorized: false });
  const stream = session.request({ ':path': '/readyz' });
  expect(
    await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status']))),
  ).toBe(200);
  session.close();
  const transport = createGrpcTransport({
    baseUrl: `https://localhost:${port}`,
    nodeOptions: { rejectUnauthorized: false },
  });
  expect((await createClient(LiveService, transport).getInfo({})).version).toBe('0.1.0');
});

it('sets a session cookie that is Secure and of this host alone', async () => {
  const body = JSON.stringify(app.firstLogin);
  const cookie = await new Promise<string>((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/ostler.api.v1.IdentityService/SignIn',
      method: 'POST',
      rejectUnauthorized: false,
      headers: { host: 'localhost', 'content-type': 'application/json', 'content-length': body.length },
    };
    request(options, ({ headers }) => resolve(String(headers['set-cookie'])))
      .on('error', reject)
      .end(body);
  });
  expect(cookie).toMatch(/^__Host-ostler_session=\S+; Path=\/; HttpOnly; SameSite=Strict; Secure/);
});

it('shows another certificate to new connections without ending the old', async () => {
  const serial = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connectTls(
        { host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false },
        () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        },
      ).on('error', reject);
    });
  const before = await serial();
  server.changeCertificate(await issue());
  expect(await serial()).not.toBe(before);
});

it('refuses TLS before 1.2', async () => {
  const options = {
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1.1',
  } as const;
  await expect(
    new Promise((resolve, reject) =>
      connectTls({ ...options, ciphers: 'DEFAULT@SECLEVEL=0' }, () => resolve('up')).on('error', reject),
    ),
  ).rejects.toThrow();
});
