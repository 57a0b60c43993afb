import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { leaveOlderCluster, postgres17 } from './older-cluster.fixture';
import { startEmbeddedPostgres } from './start-embedded-postgres';
import type { PostgresConnection } from './types';
import { forgetOlderClusters, upgradeEmbeddedPostgres } from './upgrade-embedded-postgres';

const log = { info: () => undefined, warn: () => undefined };

let parent: string;
let dataFolder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'ostler upgrade '));
  await chmod(parent, 0o711);
  dataFolder = join(parent, 'data');
  await mkdir(dataFolder, { mode: 0o711 });
});
afterEach(() => rm(parent, { recursive: true }));

async function query(connection: PostgresConnection, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(connection);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const leaveOldCluster = () =>
  leaveOlderCluster(dataFolder, async (connection) => {
    await query(connection, `create table kept (text text); insert into kept values ('from 17')`);
  });

/** In place of the control plane's copy of all tables. */
async function copy(from: PostgresConnection, to: PostgresConnection): Promise<void> {
  const [row] = await query(from, 'select text, version() as version from kept');
  expect(row!['version']).toMatch(/^PostgreSQL 17/);
  await query(to, `create table kept (text text); insert into kept values ('${String(row!['text'])}')`);
}

const upgrade = (more: Partial<Parameters<typeof upgradeEmbeddedPostgres>[0]> = {}) =>
  upgradeEmbeddedPostgres({ dataFolder, log, oldBinaries: postgres17, copy, ...more });

describe('a data folder of an older PostgreSQL', () => {
  beforeEach(leaveOldCluster);

  it('is not started as an empty one: the way to upgrade it is said', async () => {
    await expect(startEmbeddedPostgres({ dataFolder, log })).rejects.toThrow(
      /holds a database of PostgreSQL 17.*upgrade-database/,
    );
    expect(existsSync(join(dataFolder, 'postgresql/18'))).toBe(false);
  });

  it('is upgraded, and the old one is kept until it is forgotten', async () => {
    const outcome = await upgrade();
    expect(outcome).toMatchObject({ from: 17, to: 18 });
    const postgres = await startEmbeddedPostgres({ dataFolder, log });
    const [row] = await query(postgres.connection, 'select text, version() as version from kept');
    await postgres.stop();
    expect(row).toMatchObject({
      text: 'from 17',
      version: expect.stringMatching(/^PostgreSQL 18/) as string,
    });
    expect(await readFile(join(outcome.kept, 'PG_VERSION'), 'utf8')).toBe('17\n');
    expect(await forgetOlderClusters(dataFolder)).toEqual([outcome.kept]);
    expect(existsSync(outcome.kept)).toBe(false);
  });

  it('is as it was when the copy fails, and can be upgraded again', async () => {
    await expect(upgrade({ copy: () => Promise.reject(new Error('the disk is full')) })).rejects.toThrow(
      /disk/,
    );
    expect(existsSync(join(dataFolder, 'postgresql/18'))).toBe(false);
    await expect(forgetOlderClusters(dataFolder)).rejects.toThrow(/only one/);
    expect(await upgrade()).toMatchObject({ from: 17, to: 18 });
  });

  it('says what is missing when its programs are gone', async () => {
    await expect(upgrade({ oldBinaries: undefined, searched: [parent] })).rejects.toThrow(/--binaries/);
  });

  it('is upgraded with the programs that an earlier start had left', async () => {
    expect(await upgrade({ oldBinaries: undefined })).toMatchObject({ from: 17 });
  });
});

it('has nothing to upgrade where there is no older one', async () => {
  await mkdir(join(dataFolder, 'postgresql'), { mode: 0o700 });
  await expect(upgrade()).rejects.toThrow(/no database of an older/);
});
