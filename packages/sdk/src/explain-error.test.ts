import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect';
import { ErrorInfoSchema, ErrorReason, Permission, ResourceService } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { expect, test } from 'vitest';
import { createOstler } from './client';
import { explainError } from './explain-error';

function refusing(error: ConnectError) {
  const transport = createRouterTransport(({ service }) =>
    service(ResourceService, {
      get: () => {
        throw error;
      },
    }),
  );
  return createOstler({ transport }).resources.get({}).catch(explainError);
}

test('the detail of an error gives reason, violations and retry hint', async () => {
  const info = {
    reason: ErrorReason.DOMAIN_TAKEN,
    retryAfterSeconds: 7,
    violations: [{ field: 'resources[0].site.domains[1]', reason: 'TAKEN', message: 'choose another' }],
    help: '/docs/troubleshooting/errors#domain_taken',
  };
  const thrown = new ConnectError('shop.test belongs to the site "shop".', Code.AlreadyExists, undefined, [
    { desc: ErrorInfoSchema, value: info },
  ]);
  expect(await refusing(thrown)).toEqual({
    reason: ErrorReason.DOMAIN_TAKEN,
    reasonName: 'DOMAIN_TAKEN',
    title: 'The domain belongs to another site',
    message: 'shop.test belongs to the site "shop".',
    violations: info.violations,
    retryAfterSeconds: 7,
    help: info.help,
    missingPermission: '',
    rolesWithPermission: [],
  });
});

test('a denial names the right that was missing and who has it', async () => {
  const info = {
    reason: ErrorReason.DENIED,
    missingPermission: Permission.RESOURCES_WRITE,
    rolesWithPermission: ['operator', 'admin', 'owner'],
  };
  const detail = [{ desc: ErrorInfoSchema, value: info }];
  expect(await refusing(new ConnectError('no', Code.PermissionDenied, undefined, detail))).toMatchObject({
    missingPermission: 'RESOURCES_WRITE',
    rolesWithPermission: info.rolesWithPermission,
  });
});

test('an error without detail is read from its code', async () => {
  const explained = await refusing(new ConnectError('no', Code.PermissionDenied));
  expect(explained).toMatchObject({ reason: ErrorReason.DENIED, message: 'no', violations: [] });
});

test('a network failure says that the control plane did not answer', async () => {
  const fetch = () => Promise.reject(new TypeError('fetch failed'));
  const explained = await createOstler({ baseUrl: 'http://localhost', fetch })
    .identity.whoAmI({})
    .catch(explainError);
  expect(explained).toMatchObject({ reason: ErrorReason.UNAVAILABLE });
  expect((explained as { message: string }).message).toContain('did not answer');
});

test('an AppError of this process is explained like one of the wire', () => {
  expect(explainError(AppError.invalid('name', 'EMPTY', 'say a name'))).toMatchObject({
    reason: ErrorReason.INVALID,
    violations: [{ field: 'name', reason: 'EMPTY', message: 'say a name' }],
  });
});

test('every reason has a title of its own', () => {
  const reasons = Object.values(ErrorReason).filter((value) => typeof value === 'number');
  const titles = reasons.map((reason) => explainError(new AppError(reason, 'm')).title);
  expect(new Set(titles).size).toBe(reasons.length);
});
