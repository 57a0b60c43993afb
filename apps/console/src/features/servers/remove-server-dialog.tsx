import type { Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useOstler } from '../../api/ostler';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { CheckField, TextField } from '../../components/field';
import { ErrorPanel } from '../../components/panels';
import { useToasts } from '../../components/toast';
import { countText } from '../../lib/amounts';

export function RemoveServerDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const ostler = useOstler();
  const navigate = useNavigate();
  const { say } = useToasts();
  const [force, setForce] = useState(false);
  const [typed, setTyped] = useState('');
  const remove = useMutation({
    mutationFn: () => ostler.fleet.removeServer({ requestId: newRequestId(), name: server.name, force }),
    onSuccess: ({ consequence }) => {
      say(consequence || `${server.name} is removed.`);
      void navigate({ to: '/servers' });
    },
  });
  const placed = countText(server.placements, 'resource');
  const refusal = typed === server.name ? undefined : 'Type the name of the server first.';
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Remove ${server.name}`}
      text={`Ostler forgets the server and its agent is refused. ${placed} ${server.placements === 1 ? 'is' : 'are'} placed on it; what it serves goes on, unmanaged.`}
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
        <TextField label={`Type ${server.name} to confirm`} mono value={typed} onChange={setTyped} />
        {server.placements > 0 && (
          <CheckField
            label={`Remove it although ${placed} ${server.placements === 1 ? 'is' : 'are'} placed on it`}
            checked={force}
            onChange={setForce}
          />
        )}
        {remove.isError && <ErrorPanel error={remove.error} />}
      </div>
    </Dialog>
  );
}
