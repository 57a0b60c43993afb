import type { Resource } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useOstler } from '../api/ostler';
import { kindWord, nameOf } from '../lib/kinds';
import { Button } from './button';
import { Dialog } from './dialog';
import { TextField } from './field';
import { ErrorPanel, Skeleton } from './panels';
import { useToasts } from './toast';

/** Deletes a resource after saying what that means, counted by the control plane. */
export function DeleteDialog({
  resource,
  backTo,
  onClose,
}: {
  resource: Resource;
  backTo: '/sites' | '/certificates';
  onClose: () => void;
}) {
  const ostler = useOstler();
  const navigate = useNavigate();
  const { say } = useToasts();
  const [typed, setTyped] = useState('');
  const name = nameOf(resource);
  const kind = resource.meta?.kind;
  const word = kindWord(kind).toLowerCase();
  const consequence = useQuery({
    queryKey: ['delete-consequence', resource.meta?.uid],
    staleTime: 0,
    queryFn: () => ostler.resources.delete({ requestId: newRequestId(), kind, name, dryRun: true }),
  });
  const remove = useMutation({
    mutationFn: () =>
      ostler.resources.delete({
        requestId: newRequestId(),
        kind,
        name,
        generation: resource.meta?.generation,
      }),
    onSuccess: () => {
      say(`The ${word} ${name} is being removed.`);
      void navigate({ to: backTo });
    },
  });
  const refusal = consequence.isError
    ? 'It cannot be deleted now; the reason is above.'
    : typed !== name
      ? `Type the name of the ${word} first.`
      : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Delete ${name}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" refusal={refusal} busy={remove.isPending} onClick={() => remove.mutate()}>
            Delete {word}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 text-sm">
        {consequence.isPending && <Skeleton className="h-4 w-3/4" />}
        {consequence.isError && <ErrorPanel error={consequence.error} />}
        {consequence.data && (
          <div className="bg-degraded-soft rounded-md px-3 py-2">
            <p>{consequence.data.consequence}</p>
            {consequence.data.servers.length > 1 && (
              <p className="text-ink-2 text-xs">{consequence.data.servers.join(', ')}</p>
            )}
          </div>
        )}
        <TextField label={`Type ${name} to confirm`} mono autoFocus value={typed} onChange={setTyped} />
        {remove.isError && <ErrorPanel error={remove.error} />}
      </div>
    </Dialog>
  );
}
