import { create } from '@bufbuild/protobuf';
import { SecretVersionSchema, type SecretValue, type SecretVersion } from '@ostler/contracts';
import type { Database } from './database';
import type { Outputs, Secrets } from './store.port';

export class SqliteSecrets implements Secrets {
  constructor(private readonly db: Database) {}

  needed(): SecretVersion[] {
    const rows = this.db.all<{ uid: string; version: number }>(
      `select distinct uid, version from secret_references
       where (uid, version) not in (select uid, version from secrets) order by uid, version`,
    );
    return rows.map((row) => create(SecretVersionSchema, row));
  }

  value(uid: string, version: number): Uint8Array | undefined {
    return this.db.get<{ value: Uint8Array }>(
      'select value from secrets where uid = ? and version = ?',
      uid,
      version,
    )?.value;
  }

  put(values: readonly SecretValue[]): string[] {
    return this.db.transaction(() => {
      const woken = new Set<string>();
      for (const { uid, version, value, refused } of values) {
        if (refused || this.value(uid, version)) continue;
        const references = this.referencing(uid, version);
        if (references.length === 0) continue;
        this.db.run('insert into secrets values (?, ?, ?)', uid, version, value);
        for (const resource of references) woken.add(resource);
      }
      return [...woken];
    });
  }

  private referencing(uid: string, version: number): string[] {
    const sql = 'select resource_uid from secret_references where uid = ? and version = ?';
    return this.db.all<{ resource_uid: string }>(sql, uid, version).map((row) => row.resource_uid);
  }
}

export class SqliteOutputs implements Outputs {
  constructor(private readonly db: Database) {}

  all(): Map<string, string> {
    const rows = this.db.all<{ uid: string; output: string }>('select uid, output from outputs');
    return new Map(rows.map(({ uid, output }) => [uid, output]));
  }

  put(uid: string, output: string | undefined): void {
    if (output === undefined) this.db.run('delete from outputs where uid = ?', uid);
    else this.db.run('insert or replace into outputs values (?, ?)', uid, output);
  }
}
