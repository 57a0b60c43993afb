/**
 * The filter of a list as people type it and the URL keeps it: words that must occur, and tokens.
 *
 *     shop label:env=prod ready:no server:web-1
 */
export interface Filter {
  readonly words: readonly string[];
  readonly tokens: readonly FilterToken[];
}

export interface FilterToken {
  readonly key: string;
  readonly value: string;
}

const KEY = /^[a-z]+$/;

export function parseFilter(text: string): Filter {
  const words: string[] = [];
  const tokens: FilterToken[] = [];
  for (const part of text.split(/\s+/).filter(Boolean)) {
    const colon = Math.max(0, part.indexOf(':'));
    const key = part.slice(0, colon).toLowerCase();
    const value = part.slice(colon + 1);
    if (KEY.test(key) && value !== '') tokens.push({ key, value });
    else words.push(part.toLowerCase());
  }
  return { words, tokens };
}

export function formatFilter({ words, tokens }: Filter): string {
  return [...words, ...tokens.map(({ key, value }) => `${key}:${value}`)].join(' ');
}

/** How a list answers to tokens: each key says whether a row matches a value. */
export interface FilterRules<Row> {
  /** Texts in which words are looked for; asked once for each row as it came. */
  readonly texts: (row: Row) => readonly string[];
  readonly tokens: Readonly<Record<string, (row: Row, value: string) => boolean>>;
}

export function matchesFilter<Row extends object>(
  filter: Filter,
  rules: FilterRules<Row>,
  row: Row,
): boolean {
  const matchesToken = ({ key, value }: FilterToken): boolean => rules.tokens[key]?.(row, value) ?? false;
  if (!filter.tokens.every(matchesToken)) return false;
  if (filter.words.length === 0) return true;
  const texts = searchedTexts(rules, row);
  return filter.words.every((word) => texts.some((text) => text.includes(word)));
}

const searched = new WeakMap<object, WeakMap<object, readonly string[]>>();

/** In lower case, kept for each row: with 10,000 of them, making it for every letter would be seen. */
function searchedTexts<Row extends object>(rules: FilterRules<Row>, row: Row): readonly string[] {
  let ofList = searched.get(rules.texts);
  if (!ofList) searched.set(rules.texts, (ofList = new WeakMap()));
  let texts = ofList.get(row);
  if (!texts) ofList.set(row, (texts = rules.texts(row).map((text) => text.toLowerCase())));
  return texts;
}

/** Tokens whose key the list does not know; they match nothing, and that is said. */
export function unknownTokens<Row>(filter: Filter, rules: FilterRules<Row>): readonly FilterToken[] {
  return filter.tokens.filter(({ key }) => !(key in rules.tokens));
}

/** `env=prod` against labels; `env` alone asks whether the label is there. */
export function matchesLabel(labels: Readonly<Record<string, string>>, value: string): boolean {
  const [key = '', wanted] = value.split('=', 2);
  return wanted === undefined ? key in labels : labels[key] === wanted;
}

/** `yes` and `no` against a fact. */
export function matchesYesNo(fact: boolean, value: string): boolean {
  return value === 'yes' ? fact : value === 'no' ? !fact : false;
}
