import { type Operation, Permission } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ListChecks } from 'lucide-react';
import { useLivePart, useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { CopyText } from '../../components/copy';
import { Facts, Page, Section } from '../../components/page';
import { ErrorPanel, SkeletonRows } from '../../components/panels';
import { StatusBadge } from '../../components/status';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toast';
import { bytesText } from '../../lib/amounts';
import { hasEnded, operationHealth } from '../../lib/health';
import { operationTitle } from '../../lib/operations';
import { OutputView } from './output-view';

export function OperationPage() {
  const { uid } = useParams({ from: '/operations/$uid' });
  const ostler = useOstler();
  const live = useLivePart('operations').get(uid);
  const loaded = useQuery({
    queryKey: ['operation', uid],
    enabled: live === undefined,
    queryFn: ({ signal }) => ostler.operations.get({ uid }, { signal }),
  });
  const operation = live ?? loaded.data?.operation;
  if (operation) return <OperationDetail operation={operation} />;
  if (loaded.isError) {
    return (
      <div className="p-6">
        <ErrorPanel error={loaded.error} onRetry={() => void loaded.refetch()} />
      </div>
    );
  }
  return <SkeletonRows />;
}

function OperationDetail({ operation }: { operation: Operation }) {
  const health = operationHealth(operation);
  return (
    <Page
      title={operationTitle(operation.spec)}
      icon={<ListChecks className="size-5" />}
      badge={<StatusBadge health={health} />}
      sub={
        <>
          on{' '}
          <Link to="/servers/$name" params={{ name: operation.serverName }} className="link underline">
            {operation.serverName}
          </Link>
          , by {operation.actor}, <Time at={operation.createdAt} />
        </>
      }
      actions={hasEnded(operation) ? undefined : <CancelButton operation={operation} />}
    >
      {operation.message && (
        <p className="bg-unknown-soft mb-4 rounded-md px-3 py-2 text-sm break-words">
          {operation.reason && <span className="font-semibold">{operation.reason}. </span>}
          {operation.message}
        </p>
      )}
      {!hasEnded(operation) && <Progress operation={operation} />}
      <div className="grid items-start gap-x-4 xl:grid-cols-[minmax(0,3fr)_minmax(18rem,1fr)]">
        <OutputView operation={operation} />
        <Section title="Facts">
          <Facts
            pairs={[
              ['Uid', <CopyText key="uid" text={operation.uid} />],
              ['Created', <Time key="created" at={operation.createdAt} />],
              ['Started', <Time key="started" at={operation.startedAt} empty="not yet" />],
              ['Ended', <Time key="ended" at={operation.endedAt} empty="not yet" />],
              ['Deadline', <Time key="deadline" at={operation.deadline} />],
              ['Exit code', operation.exitCode === undefined ? '' : String(operation.exitCode)],
              ['Output', bytesText(operation.outputBytes)],
              [
                'After an interruption',
                operation.retryClass === 1 ? 'may be started again' : 'never started again',
              ],
            ]}
          />
        </Section>
      </div>
    </Page>
  );
}

function Progress({ operation }: { operation: Operation }) {
  return (
    <div className="mb-4">
      <div
        role="progressbar"
        aria-label="Progress"
        aria-valuenow={operation.progressPercent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="bg-hover h-1.5 overflow-hidden rounded-full"
      >
        <div
          className="bg-progressing h-full transition-[width] duration-150"
          style={{ width: `${operation.progressPercent}%` }}
        />
      </div>
      <p className="text-ink-2 mt-1 truncate text-xs">
        {operation.progressPercent} % {operation.progressMessage}
      </p>
    </div>
  );
}

function CancelButton({ operation }: { operation: Operation }) {
  const ostler = useOstler();
  const store = useLiveStore();
  const { fail } = useToasts();
  const refusal = useRefusal(Permission.OPERATIONS_RUN);
  const cancel = useMutation({
    mutationFn: () => ostler.operations.cancel({ requestId: newRequestId(), uid: operation.uid }),
    onSuccess: (answer) => store.putOperation(answer.operation),
    onError: fail,
  });
  const asked = operation.cancelRequested ? 'The cancel is on its way to the server.' : refusal;
  return (
    <Button look="danger" refusal={asked} busy={cancel.isPending} onClick={() => cancel.mutate()}>
      Cancel operation
    </Button>
  );
}
