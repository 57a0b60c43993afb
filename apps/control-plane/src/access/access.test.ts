import { Kind, Permission, Role } from '@ostler/contracts';
import { expect, it } from 'vitest';

import {
  checkEveryKind,
  isAbove,
  lowerRole,
  permissionsOfKind,
  permissionsOfRole,
  permissionsWithin,
} from '.';

const names = (role: Role): string[] =>
  permissionsOfRole(role)
    .map((permission) => Permission[permission])
    .sort();

it('gives each role what it is for', () => {
  expect({ viewer: names(Role.VIEWER), operator: names(Role.OPERATOR), admin: names(Role.ADMIN) }).toEqual({
    viewer: ['OPERATIONS_READ', 'RESOURCES_READ', 'SERVERS_READ', 'SIGNED_IN'],
    operator: [
      'AUDIT_READ',
      'OPERATIONS_READ',
      'OPERATIONS_RUN',
      'RESOURCES_READ',
      'RESOURCES_WRITE',
      'SERVERS_READ',
      'SIGNED_IN',
      'TOKENS_WRITE',
    ],
    admin: [
      'AUDIT_READ',
      'OPERATIONS_ADMINISTER',
      'OPERATIONS_READ',
      'OPERATIONS_RUN',
      'PEOPLE_READ',
      'PEOPLE_WRITE',
      'RESOURCES_READ',
      'RESOURCES_WRITE',
      'SERVERS_READ',
      'SERVERS_WRITE',
      'SIGNED_IN',
      'TOKENS_WRITE',
    ],
  });
  expect(names(Role.OWNER)).toEqual(names(Role.ADMIN));
  expect(names(Role.UNSPECIFIED)).toEqual([]);
});

it('gives nobody what is not for people', () => {
  for (const role of [Role.OWNER, Role.ADMIN, Role.OPERATOR, Role.VIEWER]) {
    expect(names(role)).not.toContain('AGENT');
    expect(names(role)).not.toContain('PUBLIC');
  }
});

it('keeps a token within its role and its scopes', () => {
  expect(permissionsWithin(Role.VIEWER, [Permission.RESOURCES_WRITE])).toEqual([Permission.SIGNED_IN]);
  expect(permissionsWithin(Role.OPERATOR, [Permission.RESOURCES_READ])).toEqual([
    Permission.SIGNED_IN,
    Permission.RESOURCES_READ,
  ]);
  expect(permissionsWithin(Role.VIEWER, [])).toEqual(permissionsOfRole(Role.VIEWER));
});

it('orders roles', () => {
  expect(isAbove(Role.OWNER, Role.ADMIN)).toBe(true);
  expect(isAbove(Role.VIEWER, Role.VIEWER)).toBe(false);
  expect(lowerRole(Role.OWNER, Role.OPERATOR)).toBe(Role.OPERATOR);
});

it('has permissions for every kind, and refuses one without', () => {
  checkEveryKind();
  expect(() => permissionsOfKind(99 as Kind)).toThrow('names no permissions');
});
