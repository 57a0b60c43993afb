import { Role } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useOstler } from '../../api/ostler';
import { useSession } from '../../api/session';
import { Button } from '../../components/button';
import { CopyBlock } from '../../components/copy';
import { Dialog } from '../../components/dialog';
import { SelectField, TextField } from '../../components/field';
import { ErrorPanel } from '../../components/panels';
import { roleOptionsFor } from '../../lib/roles';

export function AddPersonDialog({ onClose }: { onClose: () => void }) {
  const ostler = useOstler();
  const queries = useQueryClient();
  const own = useSession().person;
  const [email, setEmail] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [role, setRole] = useState(Role.OPERATOR);
  const add = useMutation({
    mutationFn: () => ostler.identity.addPerson({ requestId: newRequestId(), email, displayName, role }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['people'] }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={add.data ? `First password of ${add.data.person?.email}` : 'Add a person'}
      text={add.data ? 'Shown this once. It must be changed at the first sign-in.' : undefined}
      footer={
        add.data ? (
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        ) : (
          <Button look="primary" type="submit" form="add-person" busy={add.isPending}>
            Add person
          </Button>
        )
      }
    >
      {add.data ? (
        <CopyBlock text={add.data.firstPassword} label="Copy the password" />
      ) : (
        <form id="add-person" onSubmit={submit} className="flex flex-col gap-4">
          <TextField label="E-mail" type="email" autoFocus required value={email} onChange={setEmail} />
          <TextField label="Name" optional value={displayName} onChange={setDisplayName} />
          <SelectField
            label="Role"
            value={role}
            onChange={setRole}
            options={roleOptionsFor(own?.role ?? Role.VIEWER)}
          />
          {add.isError && <ErrorPanel error={add.error} />}
        </form>
      )}
    </Dialog>
  );
}
