import { Kind, Permission, type Resource } from '@ostler/contracts';
import { useMemo } from 'react';
import { useResources } from '../../api/live';
import { useRefusal } from '../../api/session';
import { ButtonLink } from '../../components/button';
import { type Column, DataTable } from '../../components/data-table';
import { FilterBar } from '../../components/filter-bar';
import { ListBody } from '../../components/list-body';
import { Page } from '../../components/page';
import { Empty } from '../../components/panels';
import { HealthLight } from '../../components/health-light';
import { Time } from '../../components/time';
import { expiryOf, sourceWord } from '../../lib/certificates';
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
import { certificateSpecOf, domainsOf } from './certificate-facts';

const rules: FilterRules<Resource> = {
  texts: (one) => [nameOf(one), one.meta?.displayName ?? '', ...domainsOf(one)],
  tokens: {
    label: ({ meta }, value) => matchesLabel(meta?.labels ?? {}, value),
    state: (one, value) => resourceHealth(one).state === value,
    ready: (one, value) => matchesYesNo(resourceHealth(one).state === 'ready', value),
    source: (one, value) =>
      certificateSpecOf(one)?.source.case?.toLowerCase() === value.replace('-', '').toLowerCase(),
  },
};

const endOf = (one: Resource): number => Number(expiryOf(one)?.seconds ?? Number.MAX_SAFE_INTEGER);

const compares: Readonly<Record<string, Compare<Resource>>> = {
  name: (a, b) => nameOf(a).localeCompare(nameOf(b)),
  state: (a, b) =>
    healthOrder.indexOf(resourceHealth(a).state) - healthOrder.indexOf(resourceHealth(b).state),
  expires: (a, b) => endOf(a) - endOf(b),
};

const columns: readonly Column<Resource>[] = [
  { id: 'name', header: 'Name', width: 'minmax(8rem,1fr)', sortable: true, cell: nameOf },
  {
    id: 'state',
    header: 'State',
    width: '8rem',
    sortable: true,
    cell: (one) => <HealthLight health={resourceHealth(one)} />,
  },
  {
    id: 'domains',
    header: 'Domains',
    width: 'minmax(8rem,2fr)',
    from: 'md',
    cell: (one) => domainsOf(one).join(', '),
  },
  { id: 'source', header: 'Source', width: '7rem', from: 'lg', cell: (one) => sourceOf(one) },
  {
    id: 'servers',
    header: 'Servers',
    width: '5.5rem',
    from: 'lg',
    cell: ({ status }) => `${status?.placementsReady ?? 0} of ${status?.placements ?? 0}`,
  },
  {
    id: 'expires',
    header: 'Expires',
    width: '6.5rem',
    align: 'end',
    sortable: true,
    cell: (one) => <Time at={expiryOf(one)} empty="not issued" />,
  },
];

function sourceOf(one: Resource): string {
  const spec = certificateSpecOf(one);
  return spec ? sourceWord(spec) : '';
}

export function CertificatesPage() {
  const certificates = useResources(Kind.CERTIFICATE);
  const refusal = useRefusal(Permission.RESOURCES_WRITE);
  const create = (
    <ButtonLink to="/new/certificate" look="primary" refusal={refusal}>
      Create certificate
    </ButtonLink>
  );
  return (
    <Page title="Certificates" actions={create}>
      <div className="card">
        <ListBody>
          {certificates.length === 0 ? (
            <Empty
              title="No certificate yet"
              text="A site that refers to a certificate serves HTTPS; renewal happens on the servers by itself."
              action={create}
              command="ostler apply -f certificate.yaml"
            />
          ) : (
            <CertificateTable certificates={certificates} />
          )}
        </ListBody>
      </div>
    </Page>
  );
}

function CertificateTable({ certificates }: { certificates: readonly Resource[] }) {
  const { q, sort, shownQ, shownSort, setQ, setSort } = useListSearch();
  const filter = useMemo(() => parseFilter(shownQ), [shownQ]);
  const rows = useMemo(
    () =>
      sortRows(
        certificates.filter((one) => matchesFilter(filter, rules, one)),
        shownSort,
        compares,
      ),
    [certificates, filter, shownSort],
  );
  return (
    <>
      <FilterBar
        text={q}
        onText={setQ}
        placeholder="Filter: name, domain, source:acme, ready:no"
        facets={stateFacets(certificates.map(resourceHealth))}
        unknown={unknownTokens(filter, rules)}
      />
      {rows.length === 0 && (
        <Empty title="No certificate matches" text="Change or clear the filter to see the others." />
      )}
      {rows.length > 0 && (
        <DataTable
          label="Certificates"
          columns={columns}
          rows={rows}
          keyOf={({ meta }) => meta?.uid ?? ''}
          linkOf={(one) => ({ to: '/certificates/$name', params: { name: nameOf(one) } })}
          versionOf={(one) => `${one.meta?.generation} ${resourceHealth(one).state}`}
          sort={sort}
          onSort={setSort}
        />
      )}
    </>
  );
}
