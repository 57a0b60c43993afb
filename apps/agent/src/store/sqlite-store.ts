import { openDatabaseFile, openMemoryDatabase, type Database } from './database';
import { SqliteJournal } from './journal';
import { SqliteLedger } from './ledger';
import { SqliteOutputs, SqliteSecrets } from './secrets';
import { SqliteSpool } from './spool';
import { SqliteStatusOutbox } from './status-outbox';
import type { Store } from './store.port';

/** The durable store of a state folder; throws StoreLocked when another agent holds it. */
export function openStore(folder: string): Store {
  return storeOn(openDatabaseFile(folder));
}

/** The same without a file. `beforeCommit` may throw, as a full disk does. */
export function openMemoryStore(beforeCommit?: () => void): Store {
  return storeOn(openMemoryDatabase(beforeCommit));
}

function storeOn(db: Database): Store {
  return {
    ledger: new SqliteLedger(db),
    secrets: new SqliteSecrets(db),
    outputs: new SqliteOutputs(db),
    statuses: new SqliteStatusOutbox(db),
    journal: new SqliteJournal(db),
    spool: new SqliteSpool(db),
    transaction: (run) => db.transaction(run),
    close: () => db.close(),
  };
}
