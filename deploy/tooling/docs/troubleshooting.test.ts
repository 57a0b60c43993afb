import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ErrorReason } from '../../../packages/contracts/src/index.ts';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const headingsOf = (page: string): string[] =>
  [...readFileSync(join(root, 'docs/troubleshooting', page), 'utf8').matchAll(/^#{2,3} (.+)$/gm)].map(
    ([, heading = '']) => heading,
  );

describe('errors', () => {
  const reasons = Object.keys(ErrorReason).filter((name) => /^[A-Z]/.test(name) && name !== 'UNSPECIFIED');

  it('has an entry for every reason of the shared enum, and for no other', () => {
    expect(headingsOf('errors.md').toSorted()).toEqual(reasons.toSorted());
  });

  it.each(reasons)('%s says what happened and what to do', (reason) => {
    const page = readFileSync(join(root, 'docs/troubleshooting/errors.md'), 'utf8');
    const entry = page.split(`## ${reason}\n`)[1]?.split('\n## ')[0] ?? '';
    expect(entry).toContain('**What happened.**');
    expect(entry).toContain('**What to do.**');
  });
});

// Where agent and control plane say how something is, and how an operation ended.
const places = [
  'apps/agent/src/{drivers,targets,reconcile,policy,health,store,operations,host/nginx}/**/*.ts',
  'apps/control-plane/src/{resources/status,manifest,operations,backup}/**/*.ts',
  'packages/link-protocol/src/agent-control-lane.ts',
];
const aside = /\.(?:test|fixture|fake|contract)\.ts$/;

/** In words of the code: `reason: 'X' | 'Y'`, `reason = 'X'`, `lastReason: 'X'`, `failed('X', ...)`, `condition(type, status, 'X', ...)`. */
const patterns = [
  /\b[a-z]*[rR]eason\b[^\n]{0,40}?[:=]\s*((?:'[A-Z][A-Z0-9_]{3,}'(?: as const)?[\s|]*)+)/g,
  /\b(?:failed|notReady|no|unknown|missing|NotYet|refusal)\(\s*('[A-Z][A-Z0-9_]{3,}')/g,
  /\bcondition\([^()]{0,60}?,\s*('[A-Z][A-Z0-9_]{3,}'),/g,
  /[?:] ('[A-Z][A-Z0-9]*_[A-Z0-9_]+')/g,
  // In statements of the database, and where nothing better is known.
  /(?:\bthen|\belse|\|\|) ('[A-Z][A-Z0-9_]{3,}')/g,
];

/** Ends of lanes, which the page of a server tells in words; a field's own reason, beside which the message stands. */
const otherWords = new Set(['GO_AWAY', 'DEAD', 'LOST', 'PROTOCOL', 'STOPPED', 'OUTSIDE_POLICY']);

function reasonsInCode(): string[] {
  const files = globSync(places, { cwd: root, exclude: (path) => aside.test(String(path)) });
  const found = files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, names = '']) => names));
  });
  const names = found.flatMap((text) => [...text.matchAll(/'([A-Z0-9_]+)'/g)].map(([, name = '']) => name));
  return [...new Set(names)].filter((name) => !otherWords.has(name)).toSorted();
}

function acmeStages(): string[] {
  const port = readFileSync(join(root, 'apps/agent/src/host/net/acme/port.ts'), 'utf8');
  const stages = /type AcmeStage = ([^;]+);/.exec(port)?.[1] ?? '';
  return [...stages.matchAll(/'([A-Z]+)'/g)].map(([, stage]) => `ACME_${stage}`);
}

/** Where an agent does what was declared or asked; joining and its own start end with a message in the terminal. */
const workPlaces = 'apps/agent/src/{drivers,targets,reconcile,operations,host,releases,updates}/**/*.ts';

function errorsOfAgent(): string[] {
  const files = globSync(workPlaces, {
    cwd: root,
    exclude: (path) => aside.test(String(path)),
  });
  const text = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  return [...new Set([...text.matchAll(/ErrorReason\.([A-Z_]+)/g)].map(([, name = '']) => name))].toSorted();
}

describe('conditions and operations', () => {
  it('the reasons are found in the code', () => {
    const found = reasonsInCode();
    expect(found).toContain('UPSTREAM_UNHEALTHY');
    expect(found).toContain('NOT_TAKEN');
    expect(found.length).toBeGreaterThan(45);
    expect(acmeStages().length).toBeGreaterThan(3);
  });

  it.each([...reasonsInCode(), ...acmeStages()])('has an entry for %s', (reason) => {
    expect(headingsOf('conditions.md')).toContain(reason);
  });

  // A driver or an operation that ends with an error gives that error's reason.
  it.each(errorsOfAgent())('has an entry for the error %s of an agent', (reason) => {
    expect(headingsOf('conditions.md')).toContain(reason);
  });

  it('has no entry for what nobody says any more', () => {
    const told = new Set([...reasonsInCode(), ...acmeStages(), ...Object.keys(ErrorReason)]);
    const entries = headingsOf('conditions.md').filter((heading) => /^[A-Z0-9_]+$/.test(heading));
    expect(entries.filter((entry) => !told.has(entry))).toEqual([]);
  });
});
