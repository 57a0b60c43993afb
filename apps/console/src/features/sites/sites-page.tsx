import { Kind, Permission, type Resource, type SiteSpec } from '@ostler/contracts';
import { useMemo } from 'react';
import { useResources } from '../../api/live';
import { useRefusal } from '../../api/session';
import { ButtonLink } from '../../components/button';
import { type Column, DataTable } from '../../components/data-table';
import { FilterBar } from '../../components/filter-bar';
import { ListBody } from '../../components/list-body';
import { Labels, Page } from '../../components/page';
import { Empty } from '../../components/panels';
import { HealthLight } from '../../components/health-light';
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
import { healthOrder, resourceHealth } from '../../lib/health';
import { nameOf } from '../../lib/kinds';
import { type Compare, sortRows, useListSearch } from '../../lib/list-search';
import { handlerWord, siteSpecOf } from '../../lib/sites';

const rules: FilterRules<Resource> = {
  texts: (site) => [nameOf(site), site.meta?.displayName ?? '', ...(siteSpecOf(site)?.domains ?? [])],
  tokens: {
    label: ({ meta }, value) => matchesLabel(meta?.labels ?? {}, value),
    state: (site, value) => resourceHealth(site).state === value,
    ready: (site, value) => matchesYesNo(resourceHealth(site).state === 'ready', value),
    server: ({ status }, value) =>
      status?.placementStatuses.some(({ serverName }) => serverName === value) ?? false,
    tls: (site, value) => matchesYesNo(siteSpecOf(site)?.tls !== undefined, value),
  },
};

const compares: Readonly<Record<string, Compare<Resource>>> = {
  name: (a, b) => nameOf(a).localeCompare(nameOf(b)),
  state: (a, b) =>
    healthOrder.indexOf(resourceHealth(a).state) - healthOrder.indexOf(resourceHealth(b).state),
  changed: (a, b) => Number((b.meta?.updatedAt?.seconds ?? 0n) - (a.meta?.updatedAt?.seconds ?? 0n)),
};

const columns: readonly Column<Resource>[] = [
  { id: 'name', header: 'Name', width: 'minmax(8rem,1.4fr)', sortable: true, cell: nameOf },
  {
    id: 'state',
    header: 'State',
    width: '8rem',
    sortable: true,
    cell: (site) => <HealthLight health={resourceHealth(site)} />,
  },
  {
    id: 'domain',
    header: 'Domain',
    width: 'minmax(8rem,2fr)',
    cell: (site) => <Domains spec={siteSpecOf(site)} />,
  },
  {
    id: 'answers',
    header: 'Answers with',
    width: '7.5rem',
    from: 'lg',
    cell: (site) => handlerWord(siteSpecOf(site)?.handler),
  },
  {
    id: 'servers',
    header: 'Servers',
    width: '5.5rem',
    from: 'md',
    cell: ({ status }) => `${status?.placementsReady ?? 0} of ${status?.placements ?? 0}`,
  },
  {
    id: 'labels',
    header: 'Labels',
    width: 'minmax(8rem,1.4fr)',
    from: 'xl',
    cell: ({ meta }) => <Labels oneLine labels={meta?.labels ?? {}} />,
  },
  {
    id: 'changed',
    header: 'Changed',
    width: '6.5rem',
    from: 'md',
    align: 'end',
    sortable: true,
    cell: ({ meta }) => <Time at={meta?.updatedAt ?? meta?.createdAt} />,
  },
];

function Domains({ spec }: { spec: SiteSpec | undefined }) {
  const [first = '', ...others] = spec?.domains ?? [];
  return (
    <span title={spec?.domains.join('\n')}>
      {first}
      {others.length > 0 && <span className="text-ink-3"> and {others.length} more</span>}
    </span>
  );
}

export function SitesPage() {
  const sites = useResources(Kind.SITE);
  const refusal = useRefusal(Permission.RESOURCES_WRITE);
  const create = (
    <ButtonLink to="/new/site" look="primary" refusal={refusal}>
      Create site
    </ButtonLink>
  );
  return (
    <Page title="Sites" actions={create}>
      <div className="card">
        <ListBody>
          {sites.length === 0 ? (
            <Empty
              title="No site yet"
              text="A site is a set of domains and what answers for them: files, an upstream, PHP or a redirect."
              action={create}
              command="ostler apply -f site.yaml"
            />
          ) : (
            <SiteTable sites={sites} />
          )}
        </ListBody>
      </div>
    </Page>
  );
}

function SiteTable({ sites }: { sites: readonly Resource[] }) {
  const { q, sort, shownQ, shownSort, setQ, setSort } = useListSearch();
  const filter = useMemo(() => parseFilter(shownQ), [shownQ]);
  const rows = useMemo(
    () =>
      sortRows(
        sites.filter((site) => matchesFilter(filter, rules, site)),
        shownSort,
        compares,
      ),
    [sites, filter, shownSort],
  );
  const facets = useMemo(() => stateFacets(sites.map(resourceHealth)), [sites]);
  return (
    <>
      <FilterBar
        text={q}
        onText={setQ}
        placeholder="Filter: name, domain, label:team=web, ready:no, server:web-1, tls:no"
        facets={facets}
        unknown={unknownTokens(filter, rules)}
      />
      {rows.length === 0 && (
        <Empty title="No site matches" text="Change or clear the filter to see the others." />
      )}
      {rows.length > 0 && (
        <DataTable
          label="Sites"
          columns={columns}
          rows={rows}
          keyOf={({ meta }) => meta?.uid ?? ''}
          linkOf={(site) => ({ to: '/sites/$name', params: { name: nameOf(site) } })}
          versionOf={(site) => `${site.meta?.generation} ${resourceHealth(site).state}`}
          sort={sort}
          onSort={setSort}
        />
      )}
    </>
  );
}
