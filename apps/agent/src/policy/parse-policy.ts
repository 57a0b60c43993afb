import type { Kind } from '@ostler/contracts';
import { DEFAULT_POLICY, KIND_NAMES, type Policy, type PolicyKey } from './policy';

export type Parsed =
  | {
      readonly good: true;
      readonly policy: Policy;
      readonly lines: Readonly<Partial<Record<PolicyKey, number>>>;
    }
  | { readonly good: false; readonly problem: string };

const KEYS: ReadonlySet<string> = new Set<PolicyKey>([
  'allowed_roots',
  'package_installs',
  'exec',
  'self_update',
  'kinds',
]);

/**
 * Reads `key = value` lines; `#` begins a comment line, lists are separated by commas. Everything that is not exactly
 * that makes the whole file unusable, because a bound that was mistyped is no bound. Pure.
 */
export function parsePolicy(text: string): Parsed {
  const values = new Map<PolicyKey, { readonly value: string; readonly line: number }>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const match = /^([a-z_]+)\s*=\s*(.*)$/.exec(trimmed);
    if (!match) return bad(line, `${JSON.stringify(trimmed.slice(0, 80))} is not "key = value"`);
    const [, key = '', value = ''] = match;
    if (!isKey(key)) return bad(line, `there is no ${key}; known are ${[...KEYS].join(', ')}`);
    if (values.has(key)) return bad(line, `${key} is there twice`);
    values.set(key, { value, line });
  }
  return read(values);
}

type Values = ReadonlyMap<PolicyKey, { readonly value: string; readonly line: number }>;

function read(values: Values): Parsed {
  const lines: Partial<Record<PolicyKey, number>> = {};
  let policy = DEFAULT_POLICY;
  for (const [key, { value, line }] of values) {
    const part = readers[key](value);
    if (typeof part === 'string') return bad(line, `${key}: ${part}`);
    lines[key] = line;
    policy = { ...policy, ...part };
  }
  return { good: true, policy, lines };
}

/** Each gives its part of the policy, or says what is wrong. */
const readers: Record<PolicyKey, (value: string) => Partial<Policy> | string> = {
  allowed_roots: readRoots,
  package_installs: (value) => readSwitch(value, (packageInstalls) => ({ packageInstalls })),
  exec: (value) => readSwitch(value, (exec) => ({ exec })),
  self_update: (value) => readSwitch(value, (selfUpdate) => ({ selfUpdate })),
  kinds: readKinds,
};

function readSwitch(value: string, part: (on: boolean) => Partial<Policy>): Partial<Policy> | string {
  if (value !== 'yes' && value !== 'no') return `${JSON.stringify(value)} is neither yes nor no`;
  return part(value === 'yes');
}

function readRoots(value: string): Partial<Policy> | string {
  if (value === 'none') return { allowedRoots: [] };
  const roots = listOf(value);
  for (const root of roots)
    if (!isCleanPath(root)) return `${JSON.stringify(root)} is not an absolute path without . and ..`;
  return roots.length === 0 ? 'name folders, or none' : { allowedRoots: roots };
}

function readKinds(value: string): Partial<Policy> | string {
  if (value === 'all') return { kinds: undefined };
  if (value === 'none') return { kinds: [] };
  const kinds: Kind[] = [];
  for (const name of listOf(value)) {
    const kind = KIND_NAMES.get(name);
    if (kind === undefined)
      return `${JSON.stringify(name)} is no kind; known are ${[...KIND_NAMES.keys()].join(', ')}`;
    kinds.push(kind);
  }
  return kinds.length === 0 ? 'name kinds, or all, or none' : { kinds };
}

const listOf = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function isCleanPath(path: string): boolean {
  if (path === '/') return true;
  return /^(\/[^/\0]+)+$/.test(path) && !path.split('/').some((part) => part === '.' || part === '..');
}

function isKey(key: string): key is PolicyKey {
  return KEYS.has(key);
}

function bad(line: number, problem: string): Parsed {
  return { good: false, problem: `line ${line}: ${problem}` };
}
