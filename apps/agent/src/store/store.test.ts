import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { create } from '@bufbuild/protobuf';
import { PlacementReportSchema } from '@ostler/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LOCKED_EXIT_CODE, StoreLocked } from './database';
import { openMemoryStore, openStore } from './sqlite-store';
import { storeContract } from './store.contract';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('in memory', () => {
  storeContract(() => ({ store: openMemoryStore() }));
});

describe('in a file', () => {
  storeContract(() => {
    const store = openStore(folder);
    return {
      store,
      reopen: () => {
        store.close();
        return openStore(folder);
      },
    };
  });

  test('is readable by its owner alone, also when its folder was open before', async () => {
    await chmod(folder, 0o755);
    const store = openStore(folder);
    store.statuses.put([create(PlacementReportSchema, { uid: 'a' })]);
    const modes = await Promise.all(
      ['', '/agent.db', '/agent.db-wal', '/agent.pid'].map(async (name) =>
        ((await stat(folder + name)).mode & 0o777).toString(8),
      ),
    );
    expect(modes).toEqual(['700', '600', '600', '600']);
    store.close();
  });

  test('belongs to one process, which it names, until that one ends however it ends', async () => {
    const script = `
      const { DatabaseSync } = require('node:sqlite');
      const file = new DatabaseSync(process.argv[1] + '/agent.db');
      file.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; begin exclusive; commit');
      require('node:fs').writeFileSync(process.argv[1] + '/agent.pid', String(process.pid));
      console.log('held');
      setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, ['-e', script, folder], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(other.stdout, 'data');
    const refused = new RegExp(`process ${other.pid}.*OSTLER_STATE_FOLDER`);
    expect(() => openStore(folder)).toThrow(StoreLocked);
    expect(() => openStore(folder)).toThrow(refused);
    expect(LOCKED_EXIT_CODE).toBe(73);
    other.kill('SIGKILL');
    await once(other, 'exit');
    openStore(folder).close();
  });

  test('of a newer agent is left alone', () => {
    openStore(folder).close();
    const file = new DatabaseSync(join(folder, 'agent.db'));
    file.exec('pragma user_version = 99');
    file.close();
    expect(() => openStore(folder)).toThrow('newer agent');
  });
});

test('a store that cannot write says so, and is as it was', () => {
  let full = true;
  const store = openMemoryStore(() => {
    if (full) throw new Error('database or disk is full');
  });
  const report = create(PlacementReportSchema, { uid: 'a' });
  expect(() => store.statuses.put([report])).toThrow('full');
  expect([...store.statuses.all()]).toEqual([]);
  full = false;
  store.statuses.put([report]);
  expect([...store.statuses.all()]).toHaveLength(1);
});
