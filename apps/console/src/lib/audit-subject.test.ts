import { expect, test } from 'vitest';
import { subjectLink } from './audit-subject';

const linkOf = (subject: string, resourceUid = '', there = true) =>
  subjectLink({ subject, resourceUid }, () => there);

test('what was changed is one press away', () => {
  expect(linkOf('Server web-1')).toEqual({ to: '/servers/$name', params: { name: 'web-1' } });
  expect(linkOf('Site shop', 'uid-1')).toEqual({ to: '/sites/$name', params: { name: 'shop' } });
  expect(linkOf('Operation uid-2')).toEqual({ to: '/operations/$uid', params: { uid: 'uid-2' } });
  expect(linkOf('person a@example.test')).toEqual({ to: '/settings', search: { tab: 'people' } });
  expect(linkOf('API token deploy')).toEqual({ to: '/settings', search: { tab: 'tokens' } });
});

test('a resource that is gone is found by its uid, not by a name that another one may have now', () => {
  expect(linkOf('Certificate shop', 'uid-1', false)).toEqual({
    to: '/certificates/$name',
    params: { name: 'uid-1' },
  });
});

test('what has no page is no link', () => {
  expect(linkOf('')).toBeUndefined();
  expect(linkOf('Release sha256:0123')).toBeUndefined();
  expect(linkOf('Site <b>two words</b> more')).toBeUndefined();
});
