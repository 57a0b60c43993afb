import type { CheckConnectionResponse, Server } from '@ostler/contracts';
import { useQuery } from '@tanstack/react-query';
import { useOstler } from '../../api/ostler';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { ErrorPanel, Skeleton } from '../../components/panels';
import { StatusText } from '../../components/status';

/** Tries the way to the agent and back now; says step by step what was found. */
export function CheckDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const ostler = useOstler();
  const check = useQuery({
    queryKey: ['connection', server.uid],
    staleTime: 0,
    gcTime: 0,
    retry: false,
    queryFn: ({ signal }) => ostler.fleet.checkConnection({ name: server.name }, { signal }),
  });
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Connection to ${server.name}`}
      text="From what is known here to the agent and back."
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button look="primary" busy={check.isFetching} onClick={() => void check.refetch()}>
            Check again
          </Button>
        </>
      }
    >
      {check.isPending && <CheckSkeleton />}
      {check.isError && <ErrorPanel error={check.error} onRetry={() => void check.refetch()} />}
      {check.data && <Found found={check.data} />}
    </Dialog>
  );
}

function Found({ found }: { found: CheckConnectionResponse }) {
  return (
    <>
      <p
        role="status"
        className={`mb-3 rounded-md px-3 py-2 text-sm break-words ${found.reachable ? 'bg-ready-soft' : 'bg-failed-soft'}`}
      >
        {found.message}
      </p>
      <ol className="divide-line border-line divide-y rounded-md border">
        {found.steps.map(({ title, passed, message }) => (
          <li
            key={title}
            className="grid items-start gap-x-4 gap-y-0.5 px-3 py-2 text-sm sm:grid-cols-[11rem_5.5rem_minmax(0,1fr)]"
          >
            <span className="font-medium">{title}</span>
            <StatusText
              health={passed ? { state: 'ready', word: 'Passed' } : { state: 'failed', word: 'Failed' }}
            />
            <span className="text-ink-2 break-words">{message}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function CheckSkeleton() {
  return (
    <div role="status" aria-label="Checking" className="flex flex-col gap-3 py-1">
      {Array.from({ length: 6 }, (_, index) => (
        <Skeleton key={index} className="h-4 w-full" />
      ))}
    </div>
  );
}
