import type { Secret } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { secretsIn } from '@ostler/resource-model';
import { Injectable } from '@nestjs/common';

import { Vault } from '../../platform/crypto';
import { execute, queryOne } from '../../platform/db';
import { failpoint } from '../../platform/failpoints';
import type { Draft } from './draft';

/** Associated data of a sealed secret: moved to another row, it does not open. docs/adr/0104 has golden bytes. */
export function secretPlace(uid: string, version: number): string {
  return `secret ${uid} ${version}`;
}

/** Turns the values of secrets into references, sealing what is new. */
@Injectable()
export class SecretAdmission {
  constructor(private readonly vault: Vault) {}

  /** Cleartext of the secret at a path of the draft: what was sent, else what is stored. */
  async reveal(draft: Draft, path: string): Promise<Uint8Array | undefined> {
    const placed = secretsIn(draft.model.schema, draft.spec).find((candidate) => candidate.path === path);
    if (!placed) return undefined;
    if (placed.secret.value !== '') return Buffer.from(placed.secret.value);
    const known = draft.trusted ? placed.secret : previousSecrets(draft).get(placed.identity);
    return known && known.version > 0 ? this.open(known.uid, known.version) : undefined;
  }

  /** After this the spec holds references only; problems name the secrets that have no value. */
  async seal(draft: Draft): Promise<void> {
    const previous = previousSecrets(draft);
    for (const { identity, path, secret } of secretsIn(draft.model.schema, draft.spec)) {
      if (draft.trusted) continue;
      const known = previous.get(identity);
      if (secret.uid !== '' && secret.uid !== known?.uid) {
        draft.problems.add(
          `${path}.uid`,
          'NOT_YOURS',
          'is not the secret that is stored here; leave it out to keep that one',
        );
      } else if (secret.clear) {
        replace(secret, '', 0);
      } else if (secret.value === '') {
        this.keep(draft, path, secret, known);
      } else await this.admit(draft, secret, known);
    }
  }

  private keep(draft: Draft, path: string, secret: Secret, known: Secret | undefined): void {
    if (known && known.version > 0) return replace(secret, known.uid, known.version);
    draft.problems.add(`${path}.value`, 'REQUIRED', 'needs a value: none is stored yet');
  }

  /** An equal value keeps its version; any other gets the next one that was never used. */
  private async admit(draft: Draft, secret: Secret, known: Secret | undefined): Promise<void> {
    const uid = known?.uid || newUid<'Secret'>();
    const value = Buffer.from(secret.value);
    const hmac = this.vault.hmac(`secret ${uid}`, value);
    if (known && known.version > 0) {
      const same = await queryOne('select from secret where uid = $1 and version = $2 and hmac = $3', [
        uid,
        known.version,
        hmac,
      ]);
      if (same) return replace(secret, uid, known.version);
    }
    const row = await queryOne<{ version: number }>(
      'select coalesce(max(version), 0) as version from secret where uid = $1',
      [uid],
    );
    const version = (row?.version ?? 0) + 1;
    await execute(
      'insert into secret (uid, version, tenant_uid, resource_uid, sealed, hmac) values ($1, $2, $3, $4, $5, $6)',
      [uid, version, draft.tenantUid, draft.uid, this.vault.seal(value, secretPlace(uid, version)), hmac],
    );
    failpoint('secret.sealed');
    replace(secret, uid, version);
  }

  private async open(uid: string, version: number): Promise<Uint8Array | undefined> {
    const row = await queryOne<{ sealed: Buffer }>(
      'select sealed from secret where uid = $1 and version = $2',
      [uid, version],
    );
    return row && this.vault.open(row.sealed, secretPlace(uid, version));
  }
}

function previousSecrets({ model, previous }: Draft): Map<string, Secret> {
  if (!previous) return new Map();
  return new Map(secretsIn(model.schema, previous).map(({ identity, secret }) => [identity, secret]));
}

function replace(secret: Secret, uid: string, version: number): void {
  secret.value = '';
  secret.clear = false;
  secret.uid = uid;
  secret.version = version;
}
