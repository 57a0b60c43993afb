import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type FilterRules,
  formatFilter,
  matchesFilter,
  matchesLabel,
  parseFilter,
  unknownTokens,
} from './filter';

interface Row {
  readonly name: string;
  readonly labels: Record<string, string>;
}

const rules: FilterRules<Row> = {
  texts: ({ name }) => [name],
  tokens: { label: ({ labels }, value) => matchesLabel(labels, value) },
};
const rows: readonly Row[] = [
  { name: 'Shop', labels: { env: 'prod', url: 'a=b' } },
  { name: 'blog', labels: { env: 'staging' } },
];
const found = (text: string): string[] =>
  rows.filter((row) => matchesFilter(parseFilter(text), rules, row)).map(({ name }) => name);

test('words match anywhere, in any case; tokens must all hold', () => {
  expect(found('')).toEqual(['Shop', 'blog']);
  expect(found('SHO')).toEqual(['Shop']);
  expect(found('label:env=prod')).toEqual(['Shop']);
  expect(found('label:env')).toEqual(['Shop', 'blog']);
  expect(found('label:env=prod blog')).toEqual([]);
});

test('a token that the list does not know matches nothing and is named', () => {
  expect(found('colour:red')).toEqual([]);
  expect(unknownTokens(parseFilter('colour:red label:env'), rules)).toEqual([
    { key: 'colour', value: 'red' },
  ]);
});

test('what is not a token is a word: an address, a colon alone', () => {
  expect(parseFilter('2001:db8::1 : a: :b').words).toEqual(['2001:db8::1', ':', 'a:', ':b']);
});

test('a key may be typed in capitals', () => {
  expect(parseFilter('Label:Env=Prod').tokens).toEqual([{ key: 'label', value: 'Env=Prod' }]);
});

test('writing a filter and reading it again changes nothing, whatever was typed', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const filter = parseFilter(text);
      expect(parseFilter(formatFilter(filter))).toEqual(filter);
    }),
  );
});
