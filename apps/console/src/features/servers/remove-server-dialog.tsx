import type { RemoveServerResponse, Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useOstler } from '../../api/ostler';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { CheckField, TextField } from '../../components/field';
import { ErrorPanel, Skeleton } from '../../components/panels';
import { useToasts } from '../../components/toast';
import { countText } from '../../lib/amounts';

const MOST_DOMAINS_SHOWN = 8;

/** Forgets a server after saying what that means, counted by the control plane. */
export function RemoveServerDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const ostler = useOstler();
  const navigate = useNavigate();
  const { say } = useToasts();
  const [force, setForce] = useState(false);
  const [typed, setTyped] = useState('');
  const { name } = server;
  const preview = useQuery({
    queryKey: ['remove-consequence', server.uid],
    staleTime: 0,
    gcTime: 0,
    queryFn: () => ostler.fleet.removeServer({ requestId: newRequestId(), name, dryRun: true }),
  });
  const remove = useMutation({
    mutationFn: () => ostler.fleet.removeServer({ requestId: newRequestId(), name, force }),
    onSuccess: () => {
      say(`${name} is removed.`);
      void navigate({ to: '/servers' });
    },
  });
  const placed = placedOf(preview.data);
  const refusal =
    typed !== name
      ? 'Type the name of the server first.'
      : placed > 0 && !force
        ? 'Something is placed on it: say that you want it nevertheless, or move it first.'
        : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Remove ${name}`}
      text="Ostler forgets the server."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" refusal={refusal} busy={remove.isPending} onClick={() => remove.mutate()}>
            Remove server
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {preview.isPending && <Skeleton className="h-16 w-full" />}
        {preview.isError && <ErrorPanel error={preview.error} onRetry={() => void preview.refetch()} />}
        {preview.data && <Consequence removal={preview.data} />}
        <TextField label={`Type ${name} to confirm`} mono value={typed} onChange={setTyped} />
        {placed > 0 && (
          <CheckField
            label={`Remove it although ${countText(placed, 'resource is', 'resources are')} placed on it`}
            checked={force}
            onChange={setForce}
          />
        )}
        {remove.isError && <ErrorPanel error={remove.error} />}
      </div>
    </Dialog>
  );
}

function placedOf(removal: RemoveServerResponse | undefined): number {
  return removal ? removal.placedOnlyThere + removal.placedElsewhereToo : 0;
}

function Consequence({ removal }: { removal: RemoveServerResponse }) {
  const { consequence, placedOnlyThere, placedElsewhereToo, domains, runningOperations } = removal;
  const counts: readonly (readonly [number, string])[] = [
    [placedOnlyThere, 'only here'],
    [placedElsewhereToo, 'on other servers too'],
    [runningOperations, 'not ended'],
  ];
  const labels = ['Placed', 'Placed', 'Operations'];
  return (
    <div className="bg-degraded-soft rounded-md px-3 py-2 text-sm">
      <p className="break-words">{consequence}</p>
      <dl className="mt-2 grid grid-cols-3 gap-2">
        {counts.map(([count, what], index) => (
          <div key={what} className="flex flex-col-reverse justify-end">
            <dt className="text-ink-2 text-xs">
              {labels[index]} {what}
            </dt>
            <dd className="text-lg font-semibold">{count}</dd>
          </div>
        ))}
      </dl>
      {domains.length > 0 && (
        <p className="mt-2 text-xs break-words">
          Served nowhere else: {domains.slice(0, MOST_DOMAINS_SHOWN).join(', ')}
          {domains.length > MOST_DOMAINS_SHOWN && ` and ${domains.length - MOST_DOMAINS_SHOWN} more`}
        </p>
      )}
    </div>
  );
}
