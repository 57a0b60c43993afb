import { randomUUID } from 'node:crypto';

import { type Client, createClient } from '@connectrpc/connect';
import {
  IdentityService,
  LiveService,
  LiveWatchRequest_Topic as Topic,
  type LiveWatchResponse,
  Role,
} from '@ostler/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { rooms } from '../roles/app.module';
import { startTestApp, type TestApp } from '../start-test-app.fixture';

let app: TestApp;
let token: string;
let owner: Client<typeof IdentityService>;

beforeAll(async () => {
  app = await startTestApp(rooms);
  const info = await createClient(LiveService, app.transport()).getInfo({});
  if (!info.firstRun) throw new Error('nobody has signed in yet');
  token = await app.signIn(app.firstLogin.email, app.firstLogin.password, 'correct horse battery');
  owner = createClient(IdentityService, app.transport(token));
});
afterAll(() => app.close());

const add = (email: string) => owner.addPerson({ requestId: randomUUID(), email, role: Role.VIEWER });
const every = [Topic.RESOURCES, Topic.SERVERS, Topic.OPERATIONS, Topic.AUDIT];

/** Reads until the event that the caller waits for. */
async function readUntil(
  events: AsyncIterator<LiveWatchResponse>,
  isIt: (event: LiveWatchResponse['event']) => boolean,
): Promise<LiveWatchResponse['event'][]> {
  const seen: LiveWatchResponse['event'][] = [];
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error('the stream ended');
    seen.push(value.event);
    if (isIt(value.event)) return seen;
  }
}

interface Watching extends AsyncIterator<LiveWatchResponse> {
  /** Goes away, as a browser does. */
  leave(): void;
}

function watch(bearer: string, topics: Topic[]): Watching {
  const leaving = new AbortController();
  const client = createClient(LiveService, app.transport(bearer));
  const events = client.watch({ topics }, { signal: leaving.signal })[Symbol.asyncIterator]();
  return { next: () => events.next(), leave: () => leaving.abort() };
}

it('says who it is to everybody, and that somebody has signed in', async () => {
  const info = await createClient(LiveService, app.transport()).getInfo({});
  expect([info.version, info.firstRun]).toEqual(['0.1.0', false]);
});

it('gives what is there, then each change as it is committed', async () => {
  const events = watch(token, every);
  const present = await readUntil(events, (event) => event.case === 'synced');
  expect(present.at(-1)).toMatchObject({ value: { leftOut: [] } });
  expect(present.filter((event) => event.case === 'auditEntry').length).toBeGreaterThan(0);
  await add('live@example.com');
  const changes = await readUntil(events, (event) => event.case === 'auditEntry');
  expect(changes.at(-1)).toMatchObject({ value: { subject: 'person live@example.com' } });
  events.leave();
});

it('leaves out what the caller may not see, and says so', async () => {
  const { firstPassword } = await add('viewer@example.com');
  const viewer = await app.signIn('viewer@example.com', firstPassword, 'correct horse battery');
  const events = watch(viewer, every);
  const present = await readUntil(events, (event) => event.case === 'synced');
  expect(present.at(-1)).toMatchObject({ value: { leftOut: [Topic.AUDIT] } });
  expect(present.some((event) => event.case === 'auditEntry')).toBe(false);
  events.leave();
});

it('forgets its watchers when they go', async () => {
  const streams = Array.from({ length: 20 }, () => watch(token, every));
  for (const stream of streams) await readUntil(stream, (event) => event.case === 'synced');
  const watchers = async () =>
    /^ostler_live_watchers (\d+)$/m.exec(await (await fetch(`${app.url}/metrics`)).text())?.[1];
  await expect.poll(watchers).toBe('20');
  for (const stream of streams) stream.leave();
  await expect.poll(watchers).toBe('0');
});
