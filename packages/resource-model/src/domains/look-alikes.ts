// Which labels a person could take for another: after Unicode TS #39, "Highly Restrictive".

const SCRIPTS = [
  'Latin', 'Cyrillic', 'Greek', 'Armenian', 'Hebrew', 'Arabic', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati',
  'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Thai', 'Lao', 'Tibetan', 'Myanmar', 'Georgian',
  'Ethiopic', 'Khmer', 'Mongolian', 'Hiragana', 'Katakana', 'Bopomofo', 'Han', 'Hangul', 'Thaana', 'Syriac',
] as const; // prettier-ignore

/** Scripts that one language writes together, each with Latin beside it. */
const TOGETHER: readonly (readonly string[])[] = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
];

const extensions = SCRIPTS.map((script) => ({
  script,
  pattern: new RegExp(`\\p{Script_Extensions=${script}}`, 'u'),
}));
const SHARED = /[\p{Script=Common}\p{Script=Inherited}]/u;

/** Cyrillic letters that look like a Latin one in most fonts. */
const CYRILLIC_TWINS = /^[авсԁеһіјӏкмнорԛѕтԝхуүъьґ0-9-]+$/u;

/** Why the label could be taken for another, or undefined. */
export function lookAlikeProblem(label: string): string | undefined {
  let possible: ReadonlySet<string> | undefined;
  for (const character of label) {
    if (SHARED.test(character) && !extensions.some(({ pattern }) => pattern.test(character))) continue;
    const scripts = scriptsOf(character);
    if (scripts.size === 0) return `uses a script that is not accepted in domains (${codeOf(character)})`;
    possible = possible ? intersect(possible, scripts) : scripts;
    if (possible.size === 0)
      return 'mixes scripts, so that it can pass for another domain; use one script per label';
  }
  return possible?.has('Cyrillic') && CYRILLIC_TWINS.test(label)
    ? 'consists of Cyrillic letters that look like Latin ones'
    : undefined;
}

/** The writing systems (a script, or a set of TOGETHER) that the character can belong to. */
function scriptsOf(character: string): Set<string> {
  const own = extensions
    .filter(({ pattern }) => pattern.test(character))
    .map(({ script }) => script as string);
  const systems = new Set(own);
  for (const [index, set] of TOGETHER.entries()) {
    if (own.some((script) => set.includes(script))) systems.add(`together ${index}`);
  }
  return systems;
}

const intersect = (a: ReadonlySet<string>, b: ReadonlySet<string>): Set<string> =>
  new Set([...a].filter((item) => b.has(item)));

const codeOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
