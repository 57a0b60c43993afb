import { X509Certificate } from 'node:crypto';
import { createServer as createTlsServer } from 'node:tls';
import { connect as connectTcp } from 'node:net';
import { DecideHoldRequest_Decision as Decision } from '@ostler/contracts';
import { type Clock, newUid, systemClock } from '@ostler/kernel';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { FakeFiles } from '../../apps/agent/src/host/fs/fake';
import type { Files } from '../../apps/agent/src/host/fs';
import { createLink, join, type RunningLink } from '../../apps/agent/src/link';
import type { AgentCore } from '../../apps/agent/src/link/core.port';
import { IdentityFolder } from '../../apps/agent/src/link/identity-folder';
import { recover } from '../../apps/agent/src/link/recovery';
import { createJsonLog } from '../../apps/agent/src/telemetry';
import { AuthorityRotation, AuthorityService, ListenerKeys } from '../../apps/control-plane/src/authority';
import { ConnectedAgents } from '../../apps/control-plane/src/link';
import { execute } from '../../apps/control-plane/src/platform/db';
import { LaneReviewLoop } from '../../apps/control-plane/src/fleet/lane-review.loop';
import { type LinkApp, startLinkApp } from '../../apps/control-plane/src/link/start-link-app.fixture';
import { MemoryAgent } from '../../packages/link-protocol/src/memory.fake';

const FOLDER = '/identity';
const DAY_MS = 86_400_000;
const log = createJsonLog({ clock: systemClock, level: 'error', write: () => undefined });
const links: RunningLink[] = [];
const stopping = new AbortController();
let app: LinkApp;
let authority: AuthorityService;
let publicUrl: string;
let closePublic: () => void;
let reviewing: Promise<void>;

beforeAll(async () => {
  app = await startLinkApp();
  authority = app.app.get(AuthorityService);
  reviewing = app.app.get(LaneReviewLoop).run(stopping.signal);
  await openPublic();
});
afterEach(async () => {
  for (const link of links.splice(0)) await link.stop();
});
afterAll(async () => {
  stopping.abort();
  await reviewing;
  closePublic();
  await app.close();
});

/** The public listener: TLS with the long-lived key, in front of the plain one. */
async function openPublic(): Promise<void> {
  const issue = () => authority.issueForListener(['control.example'], app.app.get(ListenerKeys).privateKey());
  const { key, certificateChain } = await issue();
  const server = createTlsServer({ key, cert: certificateChain }, (socket) => {
    const plain = connectTcp(app.port, '127.0.0.1');
    socket.pipe(plain).pipe(socket);
    for (const end of [socket, plain]) end.on('error', () => undefined);
  });
  const off = authority.onChanged(() => {
    void issue().then((issued) =>
      server.setSecureContext({ key: issued.key, cert: issued.certificateChain }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  publicUrl = `https://127.0.0.1:${(server.address() as { port: number }).port}`;
  closePublic = () => {
    off();
    server.close();
  };
}

/** The core in memory, with a spool that is empty. */
class Core extends MemoryAgent {
  pendingTelemetry: AgentCore['pendingTelemetry'] = () => [];
  acknowledgeTelemetry = (): void => undefined;
}

/** A server with its disk. */
class Server {
  forgotten = false;

  constructor(
    readonly name: string,
    readonly files = new FakeFiles(),
  ) {}

  async join(): Promise<this> {
    const { token } = await app.newToken();
    const record = {
      controlUrl: publicUrl,
      caPin: authority.caPin(),
      token,
      name: this.name,
      agentVersion: '1',
    };
    await join(record, { files: this.files, identityFolder: FOLDER });
    return this;
  }

  async start(clock: Clock = systemClock, files: Files = this.files): Promise<RunningLink> {
    const identity = { agentVersion: '1', featureLevel: 1, bootId: 'boot', instanceId: newUid() };
    const link = await createLink({
      core: new Core(),
      identityFolder: FOLDER,
      identity,
      files,
      clock,
      log,
      forgotten: () => (this.forgotten = true),
    });
    links.push(link);
    link.start();
    return link;
  }

  /** The same disk once more. */
  copy(): Server {
    const files = new FakeFiles();
    for (const [path, content] of Object.entries(this.files.tree('/')))
      files.seed(path, content, path.startsWith(FOLDER) ? 0o600 : 0o644);
    void files.makeFolder(FOLDER, 0o700);
    return new Server(this.name, files);
  }

  read(name: string): string {
    return this.files.tree(FOLDER)[`${FOLDER}/${name}`] ?? '';
  }
}

/** The disk as one process sees it: what is left of it after its end changes nothing any more. */
function ofProcess(disk: FakeFiles): { readonly files: Files; end(): void } {
  let ended = false;
  const files = new Proxy(disk, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]): unknown =>
        ended ? Promise.reject(new Error('the process has ended')) : Reflect.apply(member, target, given);
    },
  });
  return { files, end: () => void (ended = true) };
}

const connected = (link: RunningLink): Promise<void> =>
  vi.waitFor(() => expect(link.connected).toBe(true), { timeout: 15_000, interval: 20 });

const held = async (name: string): Promise<void> => {
  await vi.waitFor(async () => expect((await app.fleet.getServer({ name })).server?.hold).toBeDefined(), {
    timeout: 10_000,
  });
};

const decide = (name: string, decision: Decision) =>
  app.fleet.decideHold({ requestId: newUid(), name, decision });

test('a server that joined keeps no token and knows the listener by its key', async () => {
  const server = await new Server('keeps').join();
  expect(server.read('server.json')).not.toContain('ost_join');
  expect(JSON.parse(server.read('server.json'))).toMatchObject({
    listenerPin: app.app.get(ListenerKeys).pin(),
  });
});

test('a certificate is renewed at half its life, and the lane does not notice', async () => {
  const server = await new Server('renewed').join();
  let [ageMs, looks] = [0, 0];
  // Time flies for this agent alone; what it would look at in ten minutes it looks at soon.
  const clock: Clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + ageMs,
    after: (delayMs, run) => {
      if (delayMs < 600_000) return systemClock.after(delayMs, run);
      looks += 1;
      return systemClock.after(20, run);
    },
  };
  const link = await server.start(clock);
  await connected(link);
  const lane = app.app.get(ConnectedAgents).get(link.server.uid)?.lane;
  const before = server.read('chain.pem');
  ageMs = 0.4 * DAY_MS;
  const looked = looks;
  await vi.waitFor(() => expect(looks).toBeGreaterThan(looked + 2));
  expect(server.read('chain.pem')).toBe(before);
  ageMs = 0.6 * DAY_MS;
  await vi.waitFor(() => expect(server.read('chain.pem')).not.toBe(before), { timeout: 10_000 });
  expect(link.connected).toBe(true);
  expect(app.app.get(ConnectedAgents).get(link.server.uid)?.lane).toBe(lane);
});

test('the copy of a disk forgets who it is, and the server goes on with another key', async () => {
  const server = await new Server('copied').join();
  const before = server.copy();
  const link = await server.start();
  await connected(link);
  await link.stop();
  const again = await server.start();
  await connected(again);
  const copy = before;
  const copied = await copy.start();
  await connected(copied);
  await held('copied');
  expect(again.connected).toBe(true);

  const oldKey = server.read('key.pem');
  await decide('copied', Decision.IS_A_COPY);
  await vi.waitFor(() => expect(copy.forgotten).toBe(true), { timeout: 10_000 });
  expect(copy.files.tree(FOLDER)).toEqual({});
  await vi.waitFor(() => expect(server.read('key.pem')).not.toBe(oldKey), { timeout: 10_000 });
  await connected(again);
  expect(server.read('next-key.pem')).toBe('');
  expect((await app.fleet.getServer({ name: 'copied' })).server?.hold).toBeUndefined();

  // Somebody else kept the old disk: its key is of no use any more.
  const stolen = await server.copy().start();
  await connected(stolen);
});

test('a server that stops at any step of making another key is known by one of both afterwards', async () => {
  for (let changes = 0; changes < 5; changes++) {
    const server = await new Server(`rekey-${changes}`).join();
    const process = ofProcess(server.files);
    const link = await server.start(systemClock, process.files);
    await connected(link);
    const oldKey = server.read('key.pem');
    server.files.crashAfter(changes);
    await app.db.unitOfWork.asSystem('agent-lane', async () => {
      await execute('update server set rekey_wanted_at = now() where uid = $1', [link.server.uid]);
      app.db.wake.notify('servers');
    });
    // From the moment of the crash nothing can be read either.
    await vi.waitFor(() => expect(server.files.list('/')).rejects.toThrow(), { timeout: 10_000 });
    process.end();
    await link.stop();
    server.files.heal();
    await connected(await server.start());
    await vi.waitFor(() => expect(server.read('next-key.pem')).toBe(''), { timeout: 15_000 });
    expect(server.read('key.pem')).not.toBe(oldKey);
  }
});

test('a snapshot that was put back is brought up to date when an operator says so', async () => {
  const server = await new Server('restored').join();
  const first = await server.start();
  await connected(first);
  await first.stop();
  const snapshot = server.copy();
  for (let start = 0; start < 3; start++) {
    const link = await server.start();
    await connected(link);
    await link.stop();
  }
  const back = await snapshot.start();
  await connected(back);
  await held('restored');
  const counted = snapshot.read('continuity.json');
  expect(counted).toContain('"held":true');
  await back.stop();
  const restarted = await snapshot.start();
  await connected(restarted);
  expect(snapshot.read('continuity.json')).toBe(counted);

  await decide('restored', Decision.IS_THE_SERVER);
  await vi.waitFor(() => expect(snapshot.read('continuity.json')).toContain('"held":false'), {
    timeout: 10_000,
  });
  await connected(restarted);
  expect((await app.fleet.getServer({ name: 'restored' })).server?.hold).toBeUndefined();
});

test('the authority is rotated while half of the fleet is away for 90 days, and all come back', async () => {
  const fleet = await Promise.all(
    Array.from({ length: 8 }, (_, index) => new Server(`fleet-${index}`).join()),
  );
  const [here, away] = [fleet.slice(0, 4), fleet.slice(4)];
  const running = await Promise.all(here.map((server) => server.start()));
  await Promise.all(running.map(connected));
  const [older] = authority.caBundle().map((der) => new X509Certificate(der).toString());

  const rotation = app.app.get(AuthorityRotation);
  await rotation.rotate();
  const [newer] = authority.caBundle().map((der) => new X509Certificate(der).toString());
  for (const server of here)
    await vi.waitFor(() => expect(server.read('ca.pem')).toBe(`${newer}${older}`), { timeout: 10_000 });
  expect(running.every((link) => link.connected)).toBe(true);
  expect(away.every((server) => server.read('ca.pem') === older)).toBe(true);
  await expect(rotation.retire(false)).rejects.toThrow('servers have not taken the new root');

  const later = { ...systemClock, now: () => Date.now() + 90 * DAY_MS };
  const returned = await Promise.all(away.map((server) => server.start(later)));
  await Promise.all(returned.map(connected));
  for (const server of fleet) {
    await vi.waitFor(() => expect(server.read('ca.pem')).toBe(`${newer}${older}`), { timeout: 10_000 });
    const leaf = new X509Certificate(server.read('chain.pem'));
    expect(leaf.subjectAltName).toMatch(/^URI:ostler:server:/);
  }
});

test('a server joins by the pin of a root that has just come', async () => {
  await app.app.get(AuthorityRotation).rotate();
  const server = await new Server('newcomer').join();
  await connected(await server.start());
});

test('who was away until the old root was retired by force comes back by the pin of the listener', async () => {
  const server = await new Server('long-away').join();
  const rotation = app.app.get(AuthorityRotation);
  await rotation.rotate();
  await rotation.retire(true);
  const [only] = authority.caBundle().map((der) => new X509Certificate(der).toString());
  expect(server.read('ca.pem')).not.toContain(only!);
  const later = { ...systemClock, now: () => Date.now() + 90 * DAY_MS };
  await connected(await server.start(later));
  expect(server.read('ca.pem')).toBe(only);
});

test('a revoked server stays out, whatever its key proves', async () => {
  const server = await new Server('revoked').join();
  const link = await server.start();
  await connected(link);
  await app.fleet.revokeServer({ requestId: newUid(), name: 'revoked' });
  await vi.waitFor(() => expect(link.connected).toBe(false), { timeout: 2000 });
  const folder = new IdentityFolder(server.files, FOLDER);
  await expect(recover(await folder.load(), folder)).rejects.toThrow('An operator ended the trust');
  expect(server.forgotten).toBe(false);
});
