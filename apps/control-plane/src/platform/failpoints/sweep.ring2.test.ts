import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Operation_State } from '@ostler/contracts';
import { startTestPostgres } from '@ostler/test-kit/postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { bundleProgram, type Program } from '../../testing/bundle-program.fixture';
import { writeRelease } from '../../agent-updates/write-release.fixture';
import { MortalControlPlane } from '../../testing/mortal-control-plane.fixture';
import { SteadyAgent, UPDATED_VERSION } from '../../testing/steady-agent.fixture';
import { type Journey, travel } from '../../testing/sweep-journey.fixture';
import { migrate } from '../db';
import { FAILPOINTS, type FailpointName } from './registry';

// Each case starts two processes, beside whatever else this machine does.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const POINTS = Object.keys(FAILPOINTS) as FailpointName[];
const WITHIN = { timeout: 60_000 };
const visited = new Set<FailpointName>();
let program: Program;
let folder: string;

beforeAll(async () => {
  program = await bundleProgram('sweep');
  folder = await mkdtemp(join(tmpdir(), 'ostler-sweep-'));
  await chmod(folder, 0o711);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await program.remove();
});

/** Goes through everything with a process that dies at the point, and checks what is there at the end. */
async function survive(failpoint?: FailpointName): Promise<readonly string[]> {
  await using database = await startTestPostgres({
    name: 'control_plane',
    prepare: ({ user, password, host, port, database: name }) =>
      migrate(`postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${name}`),
  });
  const dataFolder = join(folder, failpoint ?? 'nowhere');
  await writeRelease(join(dataFolder, 'agent-releases'), UPDATED_VERSION, 2n);
  const plane = new MortalControlPlane({
    program: program.file,
    dataFolder,
    databaseUrl: database.url,
    failpoint,
  });
  const agent = new SteadyAgent();
  try {
    const journey = await travel(plane, agent);
    await expectWhole(database.url, journey, agent);
    agent.leave();
    await journey.joined;
  } catch (error) {
    throw new Error(`after ${plane.deaths.length} deaths; the control plane said:\n${plane.said}`, {
      cause: error,
    });
  } finally {
    agent.leave();
    await plane.stop();
  }
  return plane.deaths;
}

async function expectWhole(url: string, journey: Journey, agent: SteadyAgent): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const rows = async (sql: string, ...parameters: unknown[]) =>
      (await client.query<Record<string, unknown>>(sql, parameters)).rows;
    await expectOnceEach(rows, journey);
    await expectSameGenerations(rows, journey);
    await expectConverged(rows, journey, agent);
    await expectNothingHalf(rows, journey);
  } finally {
    await client.end();
  }
}

type Rows = (sql: string, ...parameters: unknown[]) => Promise<Record<string, unknown>[]>;

/** Every request took effect once: one ledger row, one audit entry. */
async function expectOnceEach(rows: Rows, { requests }: Journey): Promise<void> {
  const ids = Object.keys(requests).sort();
  const found = await rows(
    `select l.request_id, l.method, length(l.response) > 0 as answered, count(a.uid)::int as entries
     from request_ledger l left join audit_entry a on a.request_id = l.request_id::text
     where l.request_id = any ($1) group by 1, 2, 3 order by 1`,
    ids,
  );
  expect(found).toEqual(
    ids.map((id) => ({ request_id: id, method: requests[id], answered: true, entries: 1 })),
  );
}

/** Generations, revisions and audit entries of the site tell the same story. */
async function expectSameGenerations(rows: Rows, { siteUid }: Journey): Promise<void> {
  const story = [{ generation: '1' }, { generation: '2' }];
  const of = (table: string, method: string) =>
    rows(
      `select generation from ${table} where resource_uid = $1 and ${method} order by generation`,
      siteUid,
    );
  expect(await of('revision', 'true')).toEqual(story);
  expect(await of('audit_entry', `method like '%/Apply'`)).toEqual(story);
  expect(await of('audit_entry', `method like '%/Delete'`)).toEqual([{ generation: '2' }]);
  expect(await rows('select version from secret order by version')).toEqual([{ version: 1 }, { version: 2 }]);
}

/** The agent holds the newest manifest, having seen each revision once, and did everything once. */
async function expectConverged(rows: Rows, journey: Journey, agent: SteadyAgent): Promise<void> {
  const { operation, rollout, serverUid } = journey;
  expect(await rows('select uid from server')).toEqual([{ uid: serverUid }]);
  await vi.waitFor(async () => {
    expect(await rows('select server_uid from manifest_wanted')).toEqual([]);
    const [manifest] = await rows('select revision, index_sha256 from manifest');
    const { revision, sha256 } = agent.stored;
    expect(manifest).toEqual({ revision: String(revision), index_sha256: Buffer.from(sha256) });
  }, WITHIN);
  const ascending = [...new Set(agent.revisions)].sort((one, other) => Number(one - other));
  expect(agent.revisions).toEqual(ascending);
  expect(operation.state).toBe(Operation_State.SUCCEEDED);
  const operationUids = [operation.uid, rollout.servers[0]!.operationUid].sort();
  expect(Object.fromEntries(agent.effects)).toEqual(Object.fromEntries(operationUids.map((uid) => [uid, 1])));
  expect(await rows('select uid from operation where ended_at is not null order by uid')).toEqual(
    operationUids.map((uid) => ({ uid })),
  );
}

/** One release with each of its bytes once, and nothing left of the site that was removed. */
async function expectNothingHalf(rows: Rows, { digest }: Journey): Promise<void> {
  expect(await rows('select digest, complete from release')).toEqual([{ digest, complete: true }]);
  const contents = await rows(
    `select c.complete, c.size = c.received and c.size = sum(length(p.data)) as whole,
       sha256(string_agg(p.data, '' order by p."offset")) = c.sha256 as fits
     from release_content c join release_piece p using (tenant_uid, sha256) group by c.tenant_uid, c.sha256`,
  );
  expect(contents).toEqual([{ complete: true, whole: true, fits: true }]);
  for (const table of [
    'resource',
    'placement',
    'placement_status',
    'domain_claim',
    'manifest_use',
    'manifest_secret',
  ]) {
    expect(await rows(`select from ${table}`), table).toEqual([]);
  }
}

describe('a control plane that is killed', () => {
  test('nowhere ends with everything in place', async () => {
    expect(await survive()).toEqual([]);
  });

  test.concurrent.each(POINTS)('at %s is whole again after its next start', async (point) => {
    expect(await survive(point), 'not reached').toEqual(['SIGKILL']);
    visited.add(point);
  });

  test('was killed at every registered point', () => {
    expect([...visited].sort()).toEqual([...POINTS].sort());
    process.stdout.write(`failpoints: ${visited.size} of ${POINTS.length} visited\n`);
  });
});
