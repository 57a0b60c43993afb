import { Permission, Role } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { missingRightText } from './permission-words';

test('the right, who has it and who can give it are named', () => {
  expect(missingRightText(Permission.RESOURCES_WRITE, Role.VIEWER)).toBe(
    'Changing resources needs the right RESOURCES_WRITE, which the roles operator, admin and owner have. Your role is viewer; an admin or owner can change it.',
  );
});

test('every right that a console asks for is told in words', () => {
  const asked = Object.values(Permission)
    .filter((value) => typeof value === 'number')
    .filter((value) => value > Permission.SIGNED_IN && value !== Permission.AGENT);
  expect(asked.length).toBeGreaterThan(8);
  for (const permission of asked) expect(missingRightText(permission, Role.VIEWER)).not.toMatch(/^This /);
});
