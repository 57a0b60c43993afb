import { type Permission, Role } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useOstler } from '../../api/ostler';
import { useSession } from '../../api/session';
import { Button } from '../../components/button';
import { CopyBlock } from '../../components/copy';
import { Dialog } from '../../components/dialog';
import { CheckField, NumberField, SelectField, TextField } from '../../components/field';
import { ErrorPanel } from '../../components/panels';
import { rightsOfRole, rightWord } from '../../lib/permission-words';
import { roleOptionsFor } from '../../lib/roles';

/** Asks what a token may, and shows it once. */
export function CreateTokenDialog({ onClose }: { onClose: () => void }) {
  const ostler = useOstler();
  const queries = useQueryClient();
  const { person } = useSession();
  const [name, setName] = useState('');
  const [role, setRole] = useState(Role.OPERATOR);
  const [lifetimeDays, setLifetime] = useState(0);
  const [scopes, setScopes] = useState<readonly Permission[]>([]);
  const create = useMutation({
    mutationFn: () =>
      ostler.identity.createApiToken({
        requestId: newRequestId(),
        name,
        role,
        lifetimeDays,
        // What was ticked for a higher role is not asked of a lower one.
        scopes: scopes.filter((scope) => rightsOfRole(role).includes(scope)),
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['api-tokens'] }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={create.data ? 'The token, shown this once' : 'Create an API token'}
      text={create.data ? 'Keep it where your script reads it. It cannot be shown again.' : undefined}
      footer={
        create.data ? (
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        ) : (
          <Button look="primary" type="submit" form="create-token" busy={create.isPending}>
            Create token
          </Button>
        )
      }
    >
      {create.data ? (
        <CopyBlock text={create.data.token} label="Copy the token" />
      ) : (
        <form id="create-token" onSubmit={submit} className="flex flex-col gap-4">
          <TextField
            label="Name"
            mono
            autoFocus
            required
            placeholder="deploy"
            help="Lower-case letters, digits and dashes."
            value={name}
            onChange={setName}
          />
          <SelectField
            label="Role"
            value={role}
            onChange={setRole}
            options={roleOptionsFor(person?.role ?? Role.VIEWER)}
          />
          <ScopeFields role={role} scopes={scopes} onChange={setScopes} />
          <NumberField
            label="Lifetime"
            unit="days"
            placeholder="90"
            max={365}
            help="At most 365."
            value={lifetimeDays}
            onChange={setLifetime}
          />
          {create.isError && <ErrorPanel error={create.error} />}
        </form>
      )}
    </Dialog>
  );
}

/** Narrows a token to some rights of its role; none ticked means all of them. */
function ScopeFields({
  role,
  scopes,
  onChange,
}: {
  role: Role;
  scopes: readonly Permission[];
  onChange: (scopes: readonly Permission[]) => void;
}) {
  const rights = rightsOfRole(role);
  const chosen = rights.filter((right) => scopes.includes(right));
  const set = (right: Permission, on: boolean): void =>
    onChange(on ? [...scopes, right] : scopes.filter((one) => one !== right));
  return (
    <details>
      <summary className="cursor-pointer text-sm">
        Rights{' '}
        <span className="text-ink-3 text-xs">
          {chosen.length === 0 ? 'all that the role has' : `${chosen.length} of ${rights.length}`}
        </span>
      </summary>
      <fieldset className="mt-2 grid gap-2 sm:grid-cols-2">
        <legend className="text-ink-2 mb-1 text-xs">
          Only what is ticked. With none ticked, all of them.
        </legend>
        {rights.map((right) => (
          <CheckField
            key={right}
            label={rightWord(right)}
            checked={scopes.includes(right)}
            onChange={(on) => set(right, on)}
          />
        ))}
      </fieldset>
    </details>
  );
}
