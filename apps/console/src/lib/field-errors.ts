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
  const byPath = Map.groupBy(violations, ({ field }) => formPath(field));
  return new Map([...byPath].map(([path, all]) => [path, textOf(all)]));
}

/** Of an empty field only that it is empty: what else does not fit follows from it. */
function textOf(violations: readonly Violation[]): string {
  const isEmpty = violations.some(({ reason }) => reason === 'STRING_MIN_LEN');
  if (!isEmpty) return [...new Set(violations.map(({ message }) => forPeople(message)))].join(' ');
  const told = violations.find(({ message }) => message.startsWith('is empty'));
  return told ? forPeople(told.message) : 'Fill this in.';
}

const PATTERN = /regex pattern `(.*)`/;

/** What a pattern of the contract asks for, where its message would show the expression itself. */
const patternWords: Readonly<Record<string, string>> = {
  '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$':
    'Use lower-case letters, digits and dashes; begin and end with a letter or a digit.',
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$': 'This is not the name of a server.',
  '^[a-z0-9]([-a-z0-9._/]*[a-z0-9])?$': 'A label begins and ends with a lower-case letter or a digit.',
  '^([A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?)?$':
    'The value of a label has letters, digits, dots, dashes and underscores.',
  "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$": 'A header name has letters, digits and dashes, no spaces.',
  '^[A-Za-z0-9][A-Za-z0-9._-]*$': 'Use a plain file name, like index.html.',
  '^([A-Za-z0-9][A-Za-z0-9._-]*)?$': 'Use a plain file name, like index.php.',
  '^(sha256:[0-9a-f]{64})?$': 'A release is sha256: and 64 hexadecimal digits.',
  '^[^\\x00-\\x1f\\x7f\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]*$':
    'May not contain control characters, or marks that turn the direction of a text.',
  '^[^\\x00-\\x1f\\x7f"\\\\]*$': 'May not contain quotes, backslashes or control characters.',
  '^[\\t\\x20-\\x7e]*$': 'The value of a header has visible ASCII characters, spaces and tabs.',
  '^([^@\\s\\x00-\\x1f]+@[^@\\s\\x00-\\x1f]+)?$': 'This is not an e-mail address.',
  '^[A-Za-z0-9._@-]+$': 'Use letters, digits, dots, dashes, underscores and @.',
};

/** What rules over several fields ask for, in the words of the form. */
const ruleWords: Readonly<Record<string, string>> = {
  'name one server, or a selector, not both and not neither': 'Choose a server, or labels.',
  'name a root folder or a release, not both and not neither': 'Name a folder, or publish a release.',
};

/** A rule's message as a sentence. */
function forPeople(message: string): string {
  const pattern = PATTERN.exec(message)?.[1];
  const text = (pattern !== undefined && patternWords[pattern]) || ruleWords[message] || message;
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
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
