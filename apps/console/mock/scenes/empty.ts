import { Role } from '@ostler/contracts';
import { makePerson } from '../builders';
import { World, type WorldOptions } from '../world';

/** Every role has a person with this password. */
export const MOCK_PASSWORD = 'mock-password-12';

/** Nothing yet but people: what a first sign-in sees. */
export function emptyScene(options?: WorldOptions): World {
  const world = new World(options);
  for (const role of [Role.OWNER, Role.ADMIN, Role.OPERATOR, Role.VIEWER]) {
    const person = makePerson(role);
    world.people.set(person.uid, person);
    world.passwords.set(person.uid, MOCK_PASSWORD);
  }
  return world;
}

/** As empty, where the owner still has the first password. */
export function firstRunScene(options?: WorldOptions): World {
  const world = emptyScene(options);
  for (const person of world.people.values()) person.mustChangePassword = true;
  return world;
}
