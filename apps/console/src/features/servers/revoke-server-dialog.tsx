import type { Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { TextField } from '../../components/field';
import { ErrorPanel } from '../../components/panels';
import { useToasts } from '../../components/toast';

/** Ends a server's trust: for a machine that was lost, sold or broken into. */
export function RevokeServerDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const ostler = useOstler();
  const store = useLiveStore();
  const { say } = useToasts();
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const { name } = server;
  const revoke = useMutation({
    mutationFn: () => ostler.fleet.revokeServer({ requestId: newRequestId(), name, reason }),
    onSuccess: (answer) => {
      store.putServer(answer.server);
      say(`The trust of ${name} is ended.`);
      onClose();
    },
  });
  const refusal = typed === name ? undefined : 'Type the name of the server first.';
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Revoke ${name}`}
      text="Its lanes end within 2 s and its key is never let in again. It stays listed, and what runs there goes on, unmanaged. Another machine can take its place."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" refusal={refusal} busy={revoke.isPending} onClick={() => revoke.mutate()}>
            Revoke server
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label="Why"
          optional
          placeholder="its disk was sold"
          help="For the audit, and for who finds it later."
          value={reason}
          onChange={setReason}
        />
        <TextField label={`Type ${name} to confirm`} mono value={typed} onChange={setTyped} />
        {revoke.isError && <ErrorPanel error={revoke.error} />}
      </div>
    </Dialog>
  );
}
