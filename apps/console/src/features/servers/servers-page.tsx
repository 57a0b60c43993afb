import { Permission, type Server } from '@ostler/contracts';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useServers } from '../../api/live';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { type Column, DataTable } from '../../components/data-table';
import { FilterBar } from '../../components/filter-bar';
import { ListBody } from '../../components/list-body';
import { Labels, Page } from '../../components/page';
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
import { JoinDialog } from './join-dialog';

const rules: FilterRules<Server> = {
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
  },
};

const compares: Readonly<Record<string, Compare<Server>>> = {
  name: (a, b) => a.name.localeCompare(b.name),
  state: (a, b) => healthOrder.indexOf(serverHealth(a).state) - healthOrder.indexOf(serverHealth(b).state),
  placements: (a, b) => a.placements - b.placements,
};

const columns: readonly Column<Server>[] = [
  { id: 'name', header: 'Name', width: 'minmax(9rem,2fr)', sortable: true, cell: ({ name }) => name },
  {
    id: 'state',
    header: 'State',
    width: '8rem',
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
  { id: 'os', header: 'System', width: 'minmax(8rem,2fr)', from: 'lg', cell: ({ facts }) => facts?.os ?? '' },
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
    from: 'lg',
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

export function ServersPage() {
  const servers = useServers();
  const refusal = useRefusal(Permission.SERVERS_WRITE);
  const { hash } = useLocation();
  const navigate = useNavigate();
  const show = (open: boolean): void =>
    void navigate({ to: '.', search: true, hash: open ? 'join' : '', replace: true });
  const join = (
    <Button look="primary" refusal={refusal} onClick={() => show(true)}>
      Join server
    </Button>
  );
  return (
    <Page title="Servers" actions={join}>
      <div className="card">
        <ListBody>
          {servers.length === 0 ? (
            <Empty
              title="No server has joined"
              text="A server runs what you declare. It joins with one command and needs no inbound port."
              action={join}
              command="ostler join-tokens create"
            />
          ) : (
            <ServerTable servers={servers} />
          )}
        </ListBody>
      </div>
      {hash === 'join' && refusal === undefined && <JoinDialog onClose={() => show(false)} />}
    </Page>
  );
}

function ServerTable({ servers }: { servers: readonly Server[] }) {
  const { q, sort, setQ, setSort } = useListSearch();
  const filter = useMemo(() => parseFilter(q), [q]);
  const rows = useMemo(
    () =>
      sortRows(
        servers.filter((server) => matchesFilter(filter, rules, server)),
        sort,
        compares,
      ),
    [servers, filter, sort],
  );
  const facets = useMemo(() => stateFacets(servers.map((server) => serverHealth(server))), [servers]);
  return (
    <>
      <FilterBar
        text={q}
        onText={setQ}
        placeholder="Filter: name, label:env=prod, state:down, connected:no, has:nginx"
        facets={facets}
        unknown={unknownTokens(filter, rules)}
      />
      {rows.length === 0 && (
        <Empty title="No server matches" text="Change or clear the filter to see the others." />
      )}
      {rows.length > 0 && (
        <DataTable
          label="Servers"
          columns={columns}
          rows={rows}
          keyOf={({ uid }) => uid}
          linkOf={({ name }) => ({ to: '/servers/$name', params: { name } })}
          versionOf={({ state, placementsReady }) => `${state} ${placementsReady}`}
          sort={sort}
          onSort={setSort}
        />
      )}
    </>
  );
}
