import { Permission, Role } from '@ostler/contracts';
import { expect, it } from 'vitest';

import type { Caller } from './call';
import { denied } from './denial';

const person: Caller = {
  actor: 'ann@example.com',
  personUid: 'p',
  tenantUid: 't',
  tenantUids: ['t'],
  role: Role.VIEWER,
  permissions: new Set(),
  mustChangePassword: false,
};
const token: Caller = { ...person, actor: 'ci', apiTokenUid: 'u' };

const refusal = (caller: Caller) => denied(caller, Permission.RESOURCES_WRITE, 'change Sites');

it('names to a person the right, the roles that have it and who gives them', () => {
  const error = refusal(person);
  expect(error.message).toBe(
    'You may not change Sites: it takes the permission "resources write", and your role is viewer. ' +
      'The roles operator, admin, and owner may: an owner or admin can give you such a role.',
  );
  expect(error.missingPermission).toBe(Permission.RESOURCES_WRITE);
  expect(error.rolesWithPermission).toEqual(['operator', 'admin', 'owner']);
});

it('tells a token whose role is too low which role to make it with', () => {
  expect(refusal(token).message).toMatch(
    /the API token ci has the role viewer\. The roles .* may: make a token with such a role, or ask/,
  );
});

it('tells a token that was limited apart from one whose role is too low', () => {
  expect(refusal({ ...token, role: Role.ADMIN }).message).toMatch(
    /"resources write", and the API token ci is limited to others\. Make a token that includes it\.$/,
  );
});
