import { useRef } from 'react';
import { Button } from '../../components/button';
import { SelectField, TextField } from '../../components/field';
import type { ActivitySearch } from '../../lib/activity-search';
import { useKeys } from '../../lib/keys';

const outcomes = [
  { value: '', label: 'Every outcome' },
  { value: 'done', label: 'Done' },
  { value: 'refused', label: 'Refused' },
  { value: 'denied', label: 'Denied' },
];

const times = [
  { value: '', label: 'Any time' },
  { value: 'hour', label: 'Last hour' },
  { value: 'day', label: 'Last day' },
  { value: 'week', label: 'Last 7 days' },
  { value: 'month', label: 'Last 30 days' },
];

/** Kept in the address, so that a filtered trail can be handed on. */
export function ActivityFilters({
  search,
  onSearch,
}: {
  search: ActivitySearch;
  onSearch: (search: ActivitySearch) => void;
}) {
  const fields = useRef<HTMLDivElement>(null);
  useKeys({ '/': () => fields.current?.querySelector('input')?.focus() });
  const set =
    (key: keyof ActivitySearch) =>
    (value: string): void =>
      onSearch({ ...search, [key]: value === '' ? undefined : value });
  const isFiltered = Object.values(search).some((value) => value !== undefined);
  return (
    <div
      ref={fields}
      className="border-line grid grid-cols-2 items-end gap-3 border-b p-3 lg:grid-cols-[2fr_2fr_1.5fr_9.5rem_9rem_auto]"
    >
      <TextField
        label="About"
        placeholder="part of a site, server or person"
        value={search.about ?? ''}
        onChange={set('about')}
      />
      <TextField
        label="By"
        placeholder="an e-mail or a token’s name"
        value={search.by ?? ''}
        onChange={set('by')}
      />
      <TextField label="Call" placeholder="like Apply" value={search.call ?? ''} onChange={set('call')} />
      <SelectField
        label="Outcome"
        value={search.outcome ?? ''}
        onChange={set('outcome')}
        options={outcomes}
      />
      <SelectField label="When" value={search.since ?? ''} onChange={set('since')} options={times} />
      <Button
        look="quiet"
        refusal={isFiltered ? undefined : 'Nothing is filtered.'}
        onClick={() => onSearch({})}
      >
        Clear
      </Button>
    </div>
  );
}
