import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Plugin } from 'rolldown';

/**
 * Lets a program load of our packages only what it uses. A module that is loaded on demand runs every module that its
 * imports name; through the door of a package those are all of its modules, the descriptors of the whole contract
 * with them. So imports from a door become imports from the files behind it. What cannot be followed stays as it is.
 */
export function throughBarrels(packages: string): Plugin {
  const doors = new Map<string, ReadonlyMap<string, string>>();
  const doorOf = (name: string): ReadonlyMap<string, string> => {
    const known = doors.get(name);
    if (known) return known;
    const door = exportsOf(join(packages, name, 'src/index.ts'));
    doors.set(name, door);
    return door;
  };
  return {
    name: 'through-barrels',
    transform(code, id) {
      if (!id.endsWith('.ts') || !code.includes("'@ostler/")) return null;
      const direct = code.replaceAll(fromDoor, (whole, verb: string, names: string, name: string) =>
        rewrite(whole, verb, names, doorOf(name)),
      );
      return direct === code ? null : { code: direct, map: null };
    },
  };
}

/** `import { A, type B } from '@ostler/x'`; what is only a type is gone by itself. */
const fromDoor = /\b(import|export) \{([^}]*)\} from '@ostler\/([a-z-]+)';/g;

function rewrite(whole: string, verb: string, names: string, door: ReadonlyMap<string, string>): string {
  const specifiers = names.split(',').map((one) => one.trim());
  const values = specifiers.filter((one) => one !== '' && !one.startsWith('type '));
  const files = values.map((one) => door.get(one.split(' as ')[0]!));
  if (files.includes(undefined)) return whole;
  // On one line each, as many lines as before: the places in error messages stay right.
  const lines = values.map((one, index) => `${verb} { ${one} } from '${files[index]}';`);
  return lines.join(' ') + '\n'.repeat(whole.split('\n').length - 1);
}

/** Names that a module exports, and the files that declare them. */
function exportsOf(file: string): Map<string, string> {
  const text = readFileSync(file, 'utf8');
  const found = new Map<string, string>();
  for (const [, name] of text.matchAll(/^export (?:async )?(?:const|function\*?|class|enum) (\w+)/gm)) {
    found.set(name!, file);
  }
  for (const [, from] of text.matchAll(/^export \* from ['"](\.[^'"]+)['"]/gm)) {
    for (const [name, declared] of exportsOf(fileOf(file, from!))) found.set(name, declared);
  }
  for (const [, names, from] of text.matchAll(/^export \{([^}]*)\} from ['"](\.[^'"]+)['"]/gm)) {
    const behind = exportsOf(fileOf(file, from!));
    for (const name of names!.split(',').map((one) => one.trim())) {
      const declared = behind.get(name);
      if (declared) found.set(name, declared);
    }
  }
  return found;
}

function fileOf(importer: string, from: string): string {
  const path = join(dirname(importer), from);
  return existsSync(`${path}.ts`) ? `${path}.ts` : join(path, 'index.ts');
}
