import { useNavigate, useSearch } from '@tanstack/react-router';
import { useDeferredValue } from 'react';

/** What a list keeps in the URL: its filter, and `name` or `-name` for its order. */
export interface ListSearch {
  readonly q?: string;
  readonly sort?: string;
}

export function parseListSearch(search: Readonly<Record<string, unknown>>): ListSearch {
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  return { q: text(search.q), sort: text(search.sort) };
}

/** The list's part of the URL, and how to change it. */
export function useListSearch() {
  const { q = '', sort = '' } = parseListSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const change = (next: ListSearch): void => {
    const search = (previous: object): never =>
      ({ ...previous, ...parseListSearch({ q, sort, ...next }) }) as never;
    void navigate({ to: '.', search, replace: true });
  };
  return {
    q,
    sort,
    /** The same for the rows, which may follow a moment after the letter that was typed. */
    shownQ: useDeferredValue(q),
    shownSort: useDeferredValue(sort),
    setQ: (text: string) => change({ q: text }),
    setSort: (key: string) => change({ sort: key }),
  };
}

export type Compare<Row> = (a: Row, b: Row) => number;

/** Rows in the order that the URL names; as they are when it names none. */
export function sortRows<Row>(
  rows: readonly Row[],
  sort: string,
  compares: Readonly<Record<string, Compare<Row>>>,
): readonly Row[] {
  const compare = compares[sort.replace(/^-/, '')];
  if (!compare) return rows;
  return sort.startsWith('-') ? rows.toSorted((a, b) => compare(b, a)) : rows.toSorted(compare);
}
