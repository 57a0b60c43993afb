import { migrate, openSnapshot, TableLoader } from '../platform/db';
import { backedUpTables, leftOutTables } from './backed-up-tables';
import { startPositionsAnew } from './settle-restored';

/**
 * Copies everything of a control plane into an empty database of another server. Nothing of it is of the past,
 * so the epoch stays; numbers of transactions begin again.
 */
export async function copyDatabase(fromUrl: string, toUrl: string): Promise<number> {
  const snapshot = await openSnapshot(fromUrl);
  try {
    await migrate(toUrl, snapshot.migrations);
    const loader = await TableLoader.begin(toUrl);
    try {
      let rows = 0;
      for (const table of everyTable()) {
        const columns = await snapshot.columns(table);
        rows += await loader.fill(table, columns, snapshot.rows(table, columns));
      }
      await startPositionsAnew(loader);
      await loader.commit();
      return rows;
    } finally {
      await loader.close();
    }
  } finally {
    await snapshot.close();
  }
}

/** Of the migrations the new schema has rows of its own. */
function everyTable(): string[] {
  return [...backedUpTables, ...Object.keys(leftOutTables)].filter((table) => table !== 'schema_migration');
}
