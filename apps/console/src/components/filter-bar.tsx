import { Search, X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { type Filter, type FilterToken, formatFilter, parseFilter } from '../lib/filter';
import { useKeys } from '../lib/keys';

export interface Facet {
  readonly label: string;
  readonly token: FilterToken;
  readonly count: number;
}

/** The filter of a list: text with tokens, and the states of its rows to click. */
export function FilterBar({
  text,
  onText,
  placeholder,
  facets = [],
  unknown = [],
  action,
}: {
  text: string;
  onText: (text: string) => void;
  placeholder: string;
  facets?: readonly Facet[];
  unknown?: readonly FilterToken[];
  /** Beside the facets. */
  action?: ReactNode;
}) {
  const input = useRef<HTMLInputElement>(null);
  useKeys({ '/': () => input.current?.focus() });
  // The address follows what is typed, a moment late; the field follows the address only when nobody types.
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = text;
  }, [text]);
  const put = (next: string): void => {
    if (input.current) input.current.value = next;
    onText(next);
  };
  return (
    <div className="border-line flex flex-wrap items-center gap-2 border-b p-2">
      <label className="relative min-w-0 grow basis-64">
        <span className="sr-only">Filter</span>
        <Search className="text-ink-3 pointer-events-none absolute top-2 left-2.5 size-4" />
        <input
          ref={input}
          type="text"
          className="input pr-8 pl-8"
          placeholder={placeholder}
          spellCheck={false}
          defaultValue={text}
          onChange={(event) => onText(event.target.value)}
        />
        {text !== '' && (
          <button
            type="button"
            aria-label="Clear the filter"
            onClick={() => put('')}
            className="text-ink-3 hover:text-ink absolute top-1 right-1 flex size-6 items-center justify-center"
          >
            <X className="size-4" />
          </button>
        )}
      </label>
      <Facets facets={facets} filter={parseFilter(text)} onFilter={(next) => put(formatFilter(next))} />
      {action}
      {unknown.length > 0 && (
        <p role="status" className="text-degraded-text w-full px-1 text-xs">
          This list has no {unknown.map(({ key }) => `"${key}:"`).join(', ')}. It knows what the placeholder
          shows.
        </p>
      )}
    </div>
  );
}

function Facets({
  facets,
  filter,
  onFilter,
}: {
  facets: readonly Facet[];
  filter: Filter;
  onFilter: (filter: Filter) => void;
}) {
  const isSame = (a: FilterToken, b: FilterToken): boolean => a.key === b.key && a.value === b.value;
  return (
    <div className="flex flex-wrap gap-1">
      {facets.map(({ label, token, count }) => {
        const on = filter.tokens.some((one) => isSame(one, token));
        const others = filter.tokens.filter(({ key }) => key !== token.key);
        return (
          <button
            key={label}
            type="button"
            aria-pressed={on}
            onClick={() => onFilter({ ...filter, tokens: on ? others : [...others, token] })}
            className={`h-7 rounded-full border px-2.5 text-xs ${on ? 'border-accent bg-accent-soft text-ink font-semibold' : 'border-line text-ink-2 hover:bg-hover'}`}
          >
            {label} <span className="text-ink-3">{count}</span>
          </button>
        );
      })}
    </div>
  );
}
