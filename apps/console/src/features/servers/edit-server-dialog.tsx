import type { Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useOstler } from '../../api/ostler';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { TextField } from '../../components/field';
import { ErrorPanel } from '../../components/panels';
import { formatLabels, parseLabels } from '../../lib/labels';

export function EditServerDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const ostler = useOstler();
  const [displayName, setDisplayName] = useState(server.displayName);
  const [labels, setLabels] = useState(formatLabels(server.labels));
  const save = useMutation({
    mutationFn: () =>
      ostler.fleet.updateServer({
        requestId: newRequestId(),
        name: server.name,
        displayName,
        labels: parseLabels(labels),
      }),
    onSuccess: onClose,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Edit ${server.name}`}
      text="Labels decide which sites are placed here: taking one away can move sites off this server."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="edit-server" busy={save.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id="edit-server" onSubmit={submit} className="flex flex-col gap-4">
        <TextField label="Display name" optional value={displayName} onChange={setDisplayName} />
        <TextField
          label="Labels"
          optional
          mono
          placeholder="env=prod zone=fra"
          value={labels}
          onChange={setLabels}
        />
        {save.isError && <ErrorPanel error={save.error} />}
      </form>
    </Dialog>
  );
}
