import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { PostgresConnection } from '@ostler/embedded-postgres';
import { startEmbeddedPostgres } from '@ostler/embedded-postgres';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    testPostgres: PostgresConnection;
  }
}

const prefix = 'ostler-test-postgres-';
const longestRunMilliseconds = 2 * 60 * 60 * 1_000;
const log = { info: () => undefined, warn: (line: string) => process.stderr.write(`${line}\n`) };

/** Vitest calls this once per run of a project that has tests to run: one server for all its files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await endAbandonedServers();
  const dataFolder = await mkdtemp(join(tmpdir(), prefix));
  await chmod(dataFolder, 0o711);
  const postgres = await startEmbeddedPostgres({ dataFolder, log, settings: { max_connections: '300' } });
  project.provide('testPostgres', postgres.connection);
  return async () => {
    await postgres.stop();
    await rm(dataFolder, { recursive: true });
  };
}

/** A run that was killed could not end its server. What is older than any run is nobody's any more. */
async function endAbandonedServers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const dataFolder of names.map((name) => join(tmpdir(), name))) {
    const age = await stat(dataFolder).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age < longestRunMilliseconds) continue;
    const abandoned = await startEmbeddedPostgres({ dataFolder, log }).catch(() => undefined);
    await abandoned?.stop();
    if (abandoned) await rm(dataFolder, { recursive: true, force: true });
  }
}
