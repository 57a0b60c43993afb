import { chmod, mkdtemp, rm } from 'node:fs/promises';
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

/** Vitest calls this once per run of a project that has tests to run: one server for all its files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'ostler-test-postgres-'));
  await chmod(dataFolder, 0o711);
  const log = { info: () => undefined, warn: (line: string) => process.stderr.write(`${line}\n`) };
  const postgres = await startEmbeddedPostgres({ dataFolder, log, settings: { max_connections: '300' } });
  project.provide('testPostgres', postgres.connection);
  return async () => {
    await postgres.stop();
    await rm(dataFolder, { recursive: true });
  };
}
