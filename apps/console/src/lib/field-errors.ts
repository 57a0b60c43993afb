import type { Violation } from '@ostler/kernel';

/** What is wrong with the fields of one spec, by path in camelCase: `upstreams[0].servers[1].host`. */
export type FieldErrors = ReadonlyMap<string, string>;

export const noFieldErrors: FieldErrors = new Map();

const PREFIX = /^resources\[\d+\]\.(?:(?:site|certificate|spec)\.)?/;

/**
 * Paths of a refused request as the form knows them: without the place of the resource, in camelCase,
 * whether the control plane names fields like the proto or like its JSON.
 */
export function fieldErrorsOf(violations: readonly Violation[]): FieldErrors {
  const errors = new Map<string, string>();
  for (const { field, message } of violations) {
    const path = formPath(field);
    errors.set(path, errors.has(path) ? `${errors.get(path)} ${message}` : message);
  }
  return errors;
}

export function formPath(field: string): string {
  return field
    .replace(PREFIX, '')
    .replace(/^spec\./, '')
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** How many errors a part of the form holds, itself included. */
export function errorsUnder(errors: FieldErrors, prefixes: readonly string[]): number {
  return [...errors.keys()].filter((path) => prefixes.some((prefix) => isUnder(path, prefix))).length;
}

function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`);
}
