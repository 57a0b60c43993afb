import { createContextKey, type HandlerContext, type Interceptor } from '@connectrpc/connect';
import { getOption } from '@bufbuild/protobuf';
import {
  ErrorReason,
  IdentityService,
  permission,
  Permission,
  permissionsOfRole,
  type Person,
  Role,
} from '@ostler/contracts';
import { refusal } from './refuse';
import type { World } from './world';

const COOKIE = 'ostler_session';

const personKey = createContextKey<Person | undefined>(undefined);

/** Who makes this call; refuses when nobody is signed in. */
export function personOf(context: HandlerContext): Person {
  const person = context.values.get(personKey);
  if (!person) throw refusal(ErrorReason.UNAUTHENTICATED, 'Sign in to go on.');
  return person;
}

export const cookieOf = (session: string): string =>
  `${COOKIE}=${session}; Path=/; HttpOnly; SameSite=Strict`;

export function sessionOf(header: Headers): string | undefined {
  return new RegExp(`${COOKIE}=([^;]+)`).exec(header.get('cookie') ?? '')?.[1];
}

/** Refuses a call without a session, or without the permission that its method names. */
export function sessionInterceptor(world: World, always?: Person): Interceptor {
  return (next) => (request) => {
    const needed = getOption(request.method, permission);
    const session = sessionOf(request.header);
    const found = always ?? world.people.get(world.sessions.get(session ?? '') ?? '');
    const person = found && world.expired.has(found.uid) ? undefined : found;
    request.contextValues.set(personKey, person);
    if (needed === Permission.PUBLIC) return next(request);
    if (!person) throw refusal(ErrorReason.UNAUTHENTICATED, 'Sign in to go on.');
    const ownDoor = request.method.parent.typeName === IdentityService.typeName;
    if (person.mustChangePassword && !ownDoor) {
      throw refusal(ErrorReason.PASSWORD_CHANGE_REQUIRED, 'Choose a password of your own first.');
    }
    if (!permissionsOfRole(person.role).includes(needed)) {
      throw refusal(
        ErrorReason.DENIED,
        `${request.method.name} needs ${Permission[needed]}, which the role ${Role[person.role].toLowerCase()} does not have.`,
      );
    }
    return next(request);
  };
}
