import { create } from '@bufbuild/protobuf';
import { timestampFromMs, timestampNow } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import {
  ApiTokenSchema,
  ErrorReason,
  type IdentityService,
  permissionsOfRole,
  type Person,
  PersonSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { refusal } from '../refuse';
import { browserSignInMethods } from './browser-sign-in';
import { cookieOf, personOf, sessionOf } from '../sessions';
import type { World } from '../world';

const DAY_MS = 86_400_000;

export function identityService(world: World): ServiceImpl<typeof IdentityService> {
  return {
    ...signInMethods(world),
    ...browserSignInMethods(world),
    ...peopleMethods(world),
    ...tokenMethods(world),
  };
}

function personByUid(world: World, uid: string): Person {
  const person = world.people.get(uid);
  if (!person) throw refusal(ErrorReason.NOT_FOUND, 'This person does not exist.');
  return person;
}

function signInMethods(
  world: World,
): Pick<ServiceImpl<typeof IdentityService>, 'signIn' | 'signOut' | 'whoAmI' | 'changePassword'> {
  return {
    signIn({ email, password }, context) {
      const person = [...world.people.values()].find((other) => other.email === email);
      if (!person || world.passwords.get(person.uid) !== password) {
        throw refusal(ErrorReason.UNAUTHENTICATED, 'The e-mail or the password is wrong.');
      }
      const session = newUid();
      world.sessions.set(session, person.uid);
      world.expired.delete(person.uid);
      person.lastSignInAt = timestampNow();
      context.responseHeader.set('Set-Cookie', cookieOf(session));
      return { person };
    },
    signOut(_request, context) {
      world.sessions.delete(sessionOf(context.requestHeader) ?? '');
      context.responseHeader.set('Set-Cookie', `${cookieOf('')}; Max-Age=0`);
      return {};
    },
    whoAmI(_request, context) {
      const person = personOf(context);
      const permissions = [...permissionsOfRole(person.role)];
      return { person, tenantUid: newUid(), tenantName: 'main', permissions };
    },
    changePassword({ currentPassword, newPassword }, context) {
      const person = personOf(context);
      if (world.passwords.get(person.uid) !== currentPassword) {
        throw refusal(ErrorReason.INVALID, 'The current password is wrong.', [
          { field: 'current_password', reason: 'WRONG', message: 'This is not your present password.' },
        ]);
      }
      world.passwords.set(person.uid, newPassword);
      person.mustChangePassword = false;
      return {};
    },
  };
}

function peopleMethods(
  world: World,
): Pick<ServiceImpl<typeof IdentityService>, 'listPeople' | 'addPerson' | 'updatePerson'> {
  return {
    listPeople: () => ({ people: [...world.people.values()] }),
    addPerson({ email, displayName, role }) {
      const person = create(PersonSchema, {
        uid: newUid(),
        email,
        displayName,
        role,
        mustChangePassword: true,
        createdAt: timestampNow(),
      });
      world.people.set(person.uid, person);
      world.passwords.set(person.uid, 'first-password-2kq9');
      return { person, firstPassword: 'first-password-2kq9' };
    },
    updatePerson({ uid, role, disabled, resetPassword }) {
      const person = personByUid(world, uid);
      if (role) person.role = role;
      if (disabled !== undefined) person.disabled = disabled;
      return { person, firstPassword: resetPassword ? 'first-password-7hv3' : '' };
    },
  };
}

function tokenMethods(
  world: World,
): Pick<ServiceImpl<typeof IdentityService>, 'createApiToken' | 'listApiTokens' | 'revokeApiToken'> {
  return {
    createApiToken({ name, role, lifetimeDays, scopes }, context) {
      const apiToken = create(ApiTokenSchema, {
        uid: newUid(),
        name,
        role,
        scopes,
        ownerEmail: personOf(context).email,
        createdAt: timestampNow(),
        expiresAt: timestampFromMs(Date.now() + (lifetimeDays || 90) * DAY_MS),
      });
      world.apiTokens.set(apiToken.uid, apiToken);
      return { apiToken, token: `ost_${apiToken.uid.replaceAll('-', '')}` };
    },
    listApiTokens: () => ({ apiTokens: [...world.apiTokens.values()] }),
    revokeApiToken({ uid }) {
      const token = world.apiTokens.get(uid);
      if (!token) throw refusal(ErrorReason.NOT_FOUND, 'This token does not exist.');
      token.revoked = true;
      return {};
    },
  };
}
