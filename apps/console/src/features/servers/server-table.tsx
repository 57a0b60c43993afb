import { Permission, type SavedSelector, type Server } from '@ostler/contracts';
import { useMemo, useState } from 'react';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { type Column, DataTable } from '../../components/data-table';
import { type Facet, FilterBar } from '../../components/filter-bar';
import { Labels } from '../../components/page';
import { Empty } from '../../components/panels';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { stateFacets } from '../../lib/facets';
import {
  type FilterRules,
  matchesFilter,
  matchesLabel,
  matchesYesNo,
  parseFilter,
  unknownTokens,
} from '../../lib/filter';
import { healthOrder, serverHealth } from '../../lib/health';
import { type Compare, sortRows, useListSearch } from '../../lib/list-search';
import { hasLabels, labelsOfFilter, selectorNamed } from '../../lib/selectors';
import { useSelection } from '../../lib/selection';
import { SelectorsDialog } from './selectors-dialog';
import { useSelectors } from '../../api/selectors';
import { ServerBulk } from './server-bulk';

const rulesWith = (selectors: readonly SavedSelector[]): FilterRules<Server> => ({
  texts: (server) => [
    server.name,
    server.displayName,
    server.facts?.hostname ?? '',
    ...(server.facts?.addresses ?? []),
  ],
  tokens: {
    label: ({ labels }, value) => matchesLabel(labels, value),
    state: (server, value) =>
      serverHealth(server).state === value || serverHealth(server).word.toLowerCase() === value,
    connected: (server, value) => matchesYesNo(serverHealth(server).state === 'ready', value),
    has: ({ capabilities }, value) => capabilities.some(({ name, available }) => name === value && available),
    agent: ({ agentVersion }, value) => agentVersion === value,
    selector: (server, value) => {
      const selector = selectorNamed(selectors, value);
      return selector !== undefined && hasLabels(server, selector.labels);
    },
  },
});

const compares: Readonly<Record<string, Compare<Server>>> = {
  name: (a, b) => a.name.localeCompare(b.name),
  state: (a, b) => healthOrder.indexOf(serverHealth(a).state) - healthOrder.indexOf(serverHealth(b).state),
  placements: (a, b) => a.placements - b.placements,
  agent: (a, b) => a.agentVersion.localeCompare(b.agentVersion, undefined, { numeric: true }),
};

const columns: readonly Column<Server>[] = [
  { id: 'name', header: 'Name', width: 'minmax(9rem,2fr)', sortable: true, cell: ({ name }) => name },
  {
    id: 'state',
    header: 'State',
    width: '7.5rem',
    sortable: true,
    cell: (server) => <StatusText health={serverHealth(server)} />,
  },
  {
    id: 'placements',
    header: 'Placements',
    width: '6.5rem',
    sortable: true,
    cell: ({ placements, placementsReady }) => `${placementsReady} of ${placements}`,
  },
  {
    id: 'agent',
    header: 'Agent',
    width: 'minmax(5rem,1fr)',
    sortable: true,
    from: 'lg',
    cell: ({ agentVersion }) => agentVersion,
  },
  {
    id: 'os',
    header: 'System',
    width: 'minmax(8rem,2fr)',
    from: '2xl',
    cell: ({ facts }) => facts?.os ?? '',
  },
  {
    id: 'address',
    header: 'Address',
    width: 'minmax(7rem,1fr)',
    from: 'xl',
    cell: ({ facts }) => facts?.addresses[0] ?? '',
  },
  {
    id: 'labels',
    header: 'Labels',
    width: 'minmax(8rem,2fr)',
    from: 'xl',
    cell: ({ labels }) => <Labels oneLine labels={labels} />,
  },
  {
    id: 'seen',
    header: 'Last seen',
    width: '6.5rem',
    from: 'md',
    align: 'end',
    cell: ({ lastSeenAt }) => <Time at={lastSeenAt} />,
  },
];

const uidOf = ({ uid }: Server): string => uid;

export function ServerTable({ servers }: { servers: readonly Server[] }) {
  const { q, sort, shownQ, shownSort, setQ, setSort } = useListSearch();
  const selectors = useSelectors();
  const refusal = useRefusal(Permission.SERVERS_WRITE);
  const [saving, setSaving] = useState(false);
  const filter = useMemo(() => parseFilter(shownQ), [shownQ]);
  const rules = useMemo(() => rulesWith(selectors), [selectors]);
  const rows = useMemo(
    () =>
      sortRows(
        servers.filter((server) => matchesFilter(filter, rules, server)),
        shownSort,
        compares,
      ),
    [servers, filter, rules, shownSort],
  );
  const { selection, chosen } = useSelection(rows, uidOf);
  const facets = useMemo(() => facetsOf(servers, selectors), [servers, selectors]);
  return (
    <>
      <FilterBar
        text={q}
        onText={setQ}
        placeholder="Filter: name, label:env=prod, state:down, has:nginx, agent:0.1.0"
        facets={facets}
        unknown={unknownTokens(filter, rules)}
        action={
          <Button look="quiet" refusal={refusal} onClick={() => setSaving(true)}>
            Selectors
          </Button>
        }
      />
      {rows.length === 0 && (
        <Empty title="No server matches" text="Change or clear the filter to see the others." />
      )}
      {rows.length > 0 && (
        <DataTable
          label="Servers"
          columns={columns}
          rows={rows}
          keyOf={uidOf}
          linkOf={({ name }) => ({ to: '/servers/$name', params: { name } })}
          versionOf={(server) =>
            `${serverHealth(server).word} ${server.placementsReady} ${server.agentVersion}`
          }
          sort={sort}
          onSort={setSort}
          selection={selection}
        />
      )}
      <ServerBulk servers={chosen} selection={selection} />
      {saving && <SelectorsDialog labels={labelsOfFilter(filter)} onClose={() => setSaving(false)} />}
    </>
  );
}

function facetsOf(servers: readonly Server[], selectors: readonly SavedSelector[]): readonly Facet[] {
  const saved = selectors.map(({ name, servers: count }) => ({
    label: `@${name}`,
    token: { key: 'selector', value: name },
    count,
  }));
  return [...stateFacets(servers.map((server) => serverHealth(server))), ...saved];
}
