import { randomBytes } from 'node:crypto';

import { createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IdentityService } from '@ostler/contracts';

import { AuditModule } from './audit';
import { loadConfig } from './config';
import { FirstOwner, IdentityModule } from './identity';
import { Vault } from './platform/crypto';
import { openTestDatabase } from './platform/db/open-test-database.fixture';
import {
  ConsoleFiles,
  Health,
  listenOn,
  ownHosts,
  PlainServer,
  requestListener,
  Upgrades,
} from './platform/http';
import { Log } from './platform/log';
import { Metrics } from './platform/metrics';
import { PlatformModule } from './platform/platform.module';
import { RpcHandler } from './platform/rpc';

@Module({})
class TestAppModule {}

/** The control plane's request pipeline with chosen rooms, on a real database and a real port. */
export async function startTestApp(
  rooms: readonly object[] = [],
  consoleFolder = '/nonexistent',
  environment: Readonly<Record<string, string>> = {},
) {
  const db = await openTestDatabase();
  const lines: string[] = [];
  const log = new Log('info', (line) => lines.push(line));
  const platform = PlatformModule.with({
    config: loadConfig({ OSTLER_DATA: '/nonexistent', ...environment }, false),
    database: db.database,
    vault: new Vault(randomBytes(32)),
    log,
  });
  const imports = [platform, AuditModule, IdentityModule, ...rooms] as never[];
  const app = await NestFactory.createApplicationContext(
    { module: TestAppModule, imports },
    { logger: false, abortOnError: false },
  );
  const files = await ConsoleFiles.load(consoleFolder);
  const routes = { files, health: app.get(Health), version: 'test', metrics: app.get(Metrics) };
  const parts = { rpc: app.get(RpcHandler), routes, isOwnHost: ownHosts([]), secure: false, log };
  const upgrade = app.get(Upgrades).listener({ isOwnHost: parts.isOwnHost, secure: false });
  const server = new PlainServer(requestListener(parts), upgrade);
  const port = await listenOn(server.server, '127.0.0.1', 0);
  const url = `http://127.0.0.1:${port}`;
  const firstLogin = await app.get(FirstOwner).ensure('owner@example.com');

  /** Speaks as the holder of a token; without one, as nobody. */
  const transport = (token?: string, httpVersion: '1.1' | '2' = '1.1'): Transport =>
    createConnectTransport({
      baseUrl: url,
      httpVersion,
      interceptors: [
        (next) => (request) => {
          if (token) request.header.set('authorization', `Bearer ${token}`);
          return next(request);
        },
      ],
    });

  /** Signs in and changes the first password to the given one. Returns the session's token. */
  const signIn = async (email: string, first: string, password: string): Promise<string> => {
    const { sessionToken } = await createClient(IdentityService, transport()).signIn({
      email,
      password: first,
      withToken: true,
    });
    await createClient(IdentityService, transport(sessionToken)).changePassword({
      currentPassword: first,
      newPassword: password,
    });
    return sessionToken;
  };

  const close = async (): Promise<void> => {
    await server.close();
    await app.close();
    await db.close();
  };
  return { app, db, url, port, lines, firstLogin: firstLogin!, transport, signIn, close };
}

export type TestApp = Awaited<ReturnType<typeof startTestApp>>;
