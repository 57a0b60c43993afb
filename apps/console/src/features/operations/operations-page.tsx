import { type Operation, Permission } from '@ostler/contracts';
import { useMemo } from 'react';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { type Column, DataTable } from '../../components/data-table';
import { FilterBar } from '../../components/filter-bar';
import { ListBody } from '../../components/list-body';
import { Page } from '../../components/page';
import { Empty, ErrorPanel, NotAllowed } from '../../components/panels';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { stateFacets } from '../../lib/facets';
import { type FilterRules, matchesFilter, matchesYesNo, parseFilter, unknownTokens } from '../../lib/filter';
import { hasEnded, operationHealth } from '../../lib/health';
import { useListSearch } from '../../lib/list-search';
import { operationTitle } from '../../lib/operations';
import { useSelection } from '../../lib/selection';
import { millisOf, spanText } from '../../lib/time';
import { OperationBulk } from './operation-bulk';
import { useAllOperations } from './use-all-operations';

const rules: FilterRules<Operation> = {
  texts: ({ spec, serverName, actor, reason }) => [operationTitle(spec), serverName, actor, reason],
  tokens: {
    state: (operation, value) => {
      const health = operationHealth(operation);
      return health.state === value || health.word.toLowerCase() === value;
    },
    running: (operation, value) => matchesYesNo(!hasEnded(operation), value),
    server: ({ serverName }, value) => serverName === value,
  },
};

const columns: readonly Column<Operation>[] = [
  { id: 'what', header: 'Operation', width: 'minmax(8rem,1fr)', cell: ({ spec }) => operationTitle(spec) },
  {
    id: 'state',
    header: 'State',
    width: '8rem',
    cell: (operation) => <StatusText health={operationHealth(operation)} />,
  },
  { id: 'server', header: 'Server', width: 'minmax(8rem,1fr)', cell: ({ serverName }) => serverName },
  { id: 'message', header: 'Result', width: 'minmax(8rem,2fr)', from: 'lg', cell: resultText },
  { id: 'took', header: 'Took', width: '5rem', from: 'lg', align: 'end', cell: tookText },
  { id: 'actor', header: 'By', width: 'minmax(8rem,1fr)', from: 'xl', cell: ({ actor }) => actor },
  {
    id: 'when',
    header: 'Started',
    width: '6.5rem',
    align: 'end',
    cell: ({ createdAt }) => <Time at={createdAt} />,
  },
];

function resultText(operation: Operation): string {
  if (!hasEnded(operation)) return `${operation.progressPercent} % ${operation.progressMessage}`;
  return operation.message || operation.reason;
}

function tookText({ startedAt, endedAt }: Operation): string {
  const [start, end] = [millisOf(startedAt), millisOf(endedAt)];
  if (start === undefined || end === undefined) return '';
  return end - start < 1000 ? `${end - start} ms` : spanText(end - start);
}

export function OperationsPage() {
  const { operations, mayBeMore, isFetching, error, fetchOlder } = useAllOperations();
  const refusal = useRefusal(Permission.OPERATIONS_READ);
  return (
    <Page title="Operations" sub="Actions with a result, newest first.">
      <div className="card">
        {refusal !== undefined ? (
          <NotAllowed reason={refusal} />
        ) : (
          <ListBody>
            {operations.length === 0 ? (
              <Empty
                title="No operation yet"
                text="An operation is an action with a result: diagnose, test nginx, install nginx. Run one from a server's page."
                command="ostler operations start diagnose --server web-1"
              />
            ) : (
              <>
                <OperationTable operations={operations} />
                {error && (
                  <div className="p-3">
                    <ErrorPanel error={error} onRetry={fetchOlder} />
                  </div>
                )}
                {mayBeMore && (
                  <div className="border-line border-t p-2 text-center">
                    <Button look="quiet" busy={isFetching} onClick={fetchOlder}>
                      Show older operations
                    </Button>
                  </div>
                )}
              </>
            )}
          </ListBody>
        )}
      </div>
    </Page>
  );
}

const uidOf = ({ uid }: Operation): string => uid;

function OperationTable({ operations }: { operations: readonly Operation[] }) {
  const { q, setQ } = useListSearch();
  const filter = useMemo(() => parseFilter(q), [q]);
  const rows = useMemo(
    () => operations.filter((operation) => matchesFilter(filter, rules, operation)),
    [operations, filter],
  );
  const { selection, chosen } = useSelection(rows, uidOf);
  return (
    <>
      <FilterBar
        text={q}
        onText={setQ}
        placeholder="Filter: diagnose, server:web-1, running:yes, state:failed"
        facets={stateFacets(operations.map(operationHealth))}
        unknown={unknownTokens(filter, rules)}
      />
      {rows.length === 0 && (
        <Empty title="No operation matches" text="Change or clear the filter to see the others." />
      )}
      {rows.length > 0 && (
        <DataTable
          label="Operations"
          columns={columns}
          rows={rows}
          keyOf={uidOf}
          linkOf={({ uid }) => ({ to: '/operations/$uid', params: { uid } })}
          versionOf={({ state }) => state}
          selection={selection}
        />
      )}
      <OperationBulk operations={chosen} selection={selection} />
    </>
  );
}
