import { AppError } from '@ostler/kernel';

const NAME = /^ostler-[a-z0-9]+(-[a-z0-9]+)*\.service$/;

/** `ostler-op-<uid>.service` and the like; anything else could name a unit that is not ours. */
export function checkUnitName(name: string): void {
  if (name.length <= 200 && NAME.test(name)) return;
  throw AppError.invalid(
    'unit',
    'INVALID',
    `${JSON.stringify(name.slice(0, 200))} is not a name of Ostler's units.`,
  );
}
