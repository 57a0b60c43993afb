import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { cruise } from 'dependency-cruiser';
import type { ICruiseResult } from 'dependency-cruiser';

import { importRules } from './import-rules.ts';
import { textRules } from './text-rules.ts';

export interface Breach {
  readonly rule: string;
  readonly comment: string;
  readonly file: string;
  /** What the file imports, or the line that it may not contain. */
  readonly offence: string;
}

export interface Inspection {
  readonly breaches: readonly Breach[];
  /** The source files that the import checker understood; fewer than were given means that it is blind. */
  readonly seen: readonly string[];
}

/** Checks the given source files (paths from `root`) against every wall. */
export async function findBreaches(root: string, files: readonly string[]): Promise<Inspection> {
  const { modules, summary } = await readImports(root, files);
  const importBreaches = summary.violations.map(({ rule, from, to }) => {
    const comment = importRules.find(({ name }) => name === rule.name)?.comment ?? '';
    return { rule: rule.name, comment, file: from, offence: `imports ${to}` };
  });
  const seen = modules.filter(({ dependencies, source }) => dependencies && files.includes(source));
  const textBreaches = await Promise.all(files.map((file) => findInText(root, file)));
  return { breaches: [...importBreaches, ...textBreaches.flat()], seen: seen.map(({ source }) => source) };
}

async function readImports(root: string, files: readonly string[]): Promise<ICruiseResult> {
  const { output } = await cruise(
    [...files],
    {
      baseDir: root,
      ruleSet: { forbidden: [...importRules] },
      validate: true,
      // Imports of types count: an entity that leaks as a type has leaked.
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      combinedDependencies: true,
    },
    {
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json', '.d.ts'],
    },
  );
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with a text');
  return output;
}

async function findInText(root: string, file: string): Promise<Breach[]> {
  const rules = textRules.filter(({ files, except }) => files.test(file) && !except?.test(file));
  if (rules.length === 0) return [];
  const lines = (await readFile(join(root, file), 'utf8')).split('\n').map(withoutComment);
  return rules.flatMap(({ name, comment, forbidden }) =>
    lines
      .map((line, index) => ({ line, number: index + 1 }))
      .filter(({ line }) => forbidden.test(line))
      .map(({ line, number }) => ({ rule: name, comment, file: `${file}:${number}`, offence: line.trim() })),
  );
}

/** Good enough for prose that names what is forbidden: whole-line comments and what follows ` // `. */
function withoutComment(line: string): string {
  return /^\s*(\*|\/\*|\/\/)/.test(line) ? '' : line.replace(/\s\/\/ .*$/, '');
}
