import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { INestApplicationContext } from '@nestjs/common';
import { messageOf, systemClock, type Timer } from '@ostler/kernel';

import { AuthorityService, ListenerKeys } from '../authority';
import { Config } from '../config';
import { Installer } from '../installer';
import {
  Addresses,
  ConsoleFiles,
  DocsFiles,
  Health,
  listenNear,
  listenOn,
  ownHosts,
  PlainServer,
  requestListener,
  SecureServer,
  type TlsFiles,
  type UpgradeListener,
  Upgrades,
} from '../platform/http';
import { Log } from '../platform/log';
import { Metrics } from '../platform/metrics';
import { RpcHandler } from '../platform/rpc';
import { VERSION } from '../version';
import { installation } from './installation';

const renewEveryMs = 86_400_000;

export interface HttpPorts {
  readonly loopback: number;
  readonly public: number;
}

/** The two listeners for people and programs: plain on loopback, TLS for everybody else. */
export class HttpListeners {
  private renewal: Timer | undefined;
  private off: (() => void) | undefined;

  private constructor(
    readonly ports: HttpPorts,
    private readonly plain: readonly PlainServer[],
    private readonly secure: SecureServer,
    private readonly app: INestApplicationContext,
  ) {}

  static async open(app: INestApplicationContext): Promise<HttpListeners> {
    const { values } = app.get(Config);
    const listener = await makeListeners(app);
    const loopback = await listenOnLoopback(values.httpPort, listener.plain, listener.plainUpgrade);
    const secure = new SecureServer(await certificate(app), listener.secure, listener.secureUpgrade);
    const publicPort = await listenNear(secure.server, values.publicListen, values.publicPort);
    const listeners = new HttpListeners(
      { loopback: loopback.port, public: publicPort },
      loopback.servers,
      secure,
      app,
    );
    listeners.renewLater();
    listeners.off = app.get(AuthorityService).onChanged(() => listeners.renew());
    return listeners;
  }

  async close(): Promise<void> {
    this.renewal?.cancel();
    this.off?.();
    await Promise.all([...this.plain.map((server) => server.close()), this.secure.close()]);
  }

  private renewLater(): void {
    this.renewal = systemClock.after(renewEveryMs, () => {
      this.renew();
      this.renewLater();
    });
  }

  private renew(): void {
    certificate(this.app).then(
      (tls) => this.secure.changeCertificate(tls),
      (error: unknown) =>
        this.app.get(Log).warn(`the certificate of the HTTPS port could not be renewed: ${messageOf(error)}`),
    );
  }
}

async function makeListeners(app: INestApplicationContext) {
  const { values } = app.get(Config);
  const addresses = app.get(Addresses);
  const files = await ConsoleFiles.load(join(installation, 'apps/console/dist'));
  const docs = await DocsFiles.load(join(installation, 'deploy/tooling/docs-site/dist'));
  const shownToAll = { files, docs, health: app.get(Health), version: VERSION };
  const installer = app.get(Installer);
  installer.useTemplate(await readFile(join(installation, 'deploy/agent/install.sh'), 'utf8'));
  const shared = {
    rpc: app.get(RpcHandler),
    isOwnHost: ownHosts([addresses.publicHost, ...values.hosts]),
    log: app.get(Log),
  };
  const upgrades = app.get(Upgrades);
  const plainRoutes = { ...shownToAll, metrics: app.get(Metrics) };
  return {
    plain: requestListener({ ...shared, routes: plainRoutes, secure: false }),
    secure: requestListener({ ...shared, routes: { ...shownToAll, installer }, secure: true }),
    plainUpgrade: upgrades.listener({ ...shared, secure: false }),
    secureUpgrade: upgrades.listener({ ...shared, secure: true }),
  };
}

/** On both loopback addresses, because browsers try either for `localhost`. Without IPv6, on one. */
async function listenOnLoopback(
  port: number,
  listener: ConstructorParameters<typeof PlainServer>[0],
  upgrade: UpgradeListener,
) {
  for (let offset = 0; ; offset++) {
    const first = new PlainServer(listener, upgrade);
    const taken = await listenNear(first.server, '127.0.0.1', port === 0 ? 0 : port + offset);
    const second = new PlainServer(listener, upgrade);
    const refusal = await listenOn(second.server, '::1', taken).then(() => '', codeOfError);
    if (refusal === '') return { port: taken, servers: [first, second] };
    if (refusal !== 'EADDRINUSE') return { port: taken, servers: [first] };
    // Another program answers there: half of the browsers would find that one.
    await first.close();
  }
}

function codeOfError(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

async function certificate(app: INestApplicationContext): Promise<TlsFiles> {
  const { tls } = app.get(Config).values;
  if (tls) {
    const [pem, key] = await Promise.all([
      readFile(tls.certificateFile, 'utf8'),
      readFile(tls.keyFile, 'utf8'),
    ]);
    app.get(ListenerKeys).pinCertificate(pem);
    return { certificate: pem, key };
  }
  const key = app.get(ListenerKeys).privateKey();
  const issued = await app.get(AuthorityService).issueForListener(app.get(Addresses).names(), key);
  return { certificate: issued.certificateChain, key: issued.key };
}
