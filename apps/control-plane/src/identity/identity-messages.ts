import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type ApiToken, ApiTokenSchema, type Person, PersonSchema } from '@ostler/contracts';

import type { ApiTokenRow } from './api-tokens.repository';
import type { PersonRow } from './people.repository';

const stamp = (date: Date | null) => (date ? timestampFromDate(date) : undefined);

export function toPerson(row: PersonRow): Person {
  return create(PersonSchema, {
    uid: row.uid,
    email: row.email,
    displayName: row.display_name,
    role: row.role,
    disabled: row.disabled,
    mustChangePassword: row.must_change_password,
    createdAt: stamp(row.created_at),
    lastSignInAt: stamp(row.last_sign_in_at),
  });
}

export function toApiToken(row: ApiTokenRow): ApiToken {
  return create(ApiTokenSchema, {
    uid: row.uid,
    name: row.name,
    role: row.role,
    createdAt: stamp(row.created_at),
    expiresAt: stamp(row.expires_at),
    lastUsedAt: stamp(row.last_used_at),
    revoked: row.revoked_at !== null,
    ownerEmail: row.owner_email,
    scopes: row.scopes,
  });
}
