import { Permission, type Person, Role } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { MoreHorizontal } from 'lucide-react';
import { useState } from 'react';
import { useOstler } from '../../api/ostler';
import { useRefusal, useSession } from '../../api/session';
import { Button, IconButton } from '../../components/button';
import { CopyBlock } from '../../components/copy';
import { Dialog } from '../../components/dialog';
import { Menu } from '../../components/menu';
import { Section } from '../../components/page';
import { ErrorPanel, NotAllowed, SkeletonRows } from '../../components/panels';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toast';
import { useHashTarget } from '../../lib/hash-target';
import { roleOptionsFor, roleWord } from '../../lib/roles';
import { AddPersonDialog } from './add-person-dialog';

interface FirstPassword {
  readonly email: string;
  readonly password: string;
}

export function People() {
  const ostler = useOstler();
  const mayRead = useRefusal(Permission.PEOPLE_READ);
  const mayWrite = useRefusal(Permission.PEOPLE_WRITE);
  const [adding, setAdding] = useState(false);
  const [first, setFirst] = useState<FirstPassword>();
  const list = useQuery({
    queryKey: ['people'],
    enabled: mayRead === undefined,
    queryFn: ({ signal }) => ostler.identity.listPeople({}, { signal }),
  });
  return (
    <Section
      title="People and roles"
      flush
      actions={
        <Button look="primary" refusal={mayWrite} onClick={() => setAdding(true)}>
          Add person
        </Button>
      }
    >
      {mayRead !== undefined && <NotAllowed reason={mayRead} />}
      {mayRead === undefined && list.isPending && <SkeletonRows rows={3} />}
      {list.isError && <ErrorPanel error={list.error} onRetry={() => void list.refetch()} />}
      <ul className="divide-line divide-y">
        {list.data?.people.map((person) => (
          <PersonRow key={person.uid} person={person} refusal={mayWrite} onFirst={setFirst} />
        ))}
      </ul>
      {adding && <AddPersonDialog onClose={() => setAdding(false)} />}
      {first && (
        <Dialog
          open
          onClose={() => setFirst(undefined)}
          title={`First password of ${first.email}`}
          text="Shown this once. It must be changed at the next sign-in."
          footer={<Button onClick={() => setFirst(undefined)}>Done</Button>}
        >
          <CopyBlock text={first.password} label="Copy the password" />
        </Dialog>
      )}
    </Section>
  );
}

function PersonRow({
  person,
  refusal,
  onFirst,
}: {
  person: Person;
  refusal: string | undefined;
  onFirst: (first: FirstPassword) => void;
}) {
  const ostler = useOstler();
  const queries = useQueryClient();
  const own = useSession().person;
  const { fail } = useToasts();
  const update = useMutation({
    mutationFn: (change: { role?: Role; disabled?: boolean; resetPassword?: boolean }) =>
      ostler.identity.updatePerson({ requestId: newRequestId(), uid: person.uid, ...change }),
    onSuccess: ({ firstPassword }) => {
      if (firstPassword) onFirst({ email: person.email, password: firstPassword });
      return queries.invalidateQueries({ queryKey: ['people'] });
    },
    onError: fail,
  });
  const { ref, className } = useHashTarget<HTMLLIElement>(person.uid);
  const isSelf = own?.uid === person.uid;
  const notSelf = isSelf ? 'Another owner or admin can do this to your account.' : refusal;
  return (
    <li ref={ref} className={`flex items-center gap-x-3 px-4 py-2 text-sm ${className}`}>
      <div className="min-w-0 grow">
        <p className={`truncate font-medium ${person.disabled ? 'text-ink-3 line-through' : ''}`}>
          {person.displayName || person.email}
          {isSelf && <span className="text-ink-3 font-normal"> (you)</span>}
        </p>
        <p className="text-ink-3 text-xs break-words">
          {person.displayName && `${person.email}, `}
          {person.disabled && 'disabled, '}
          {person.mustChangePassword && 'has the first password, '}
          signed in <Time at={person.lastSignInAt} />
        </p>
      </div>
      <span className="text-ink-2">{roleWord(person.role)}</span>
      <Menu
        trigger={
          <IconButton label={`Change ${person.email}`}>
            <MoreHorizontal className="size-4" />
          </IconButton>
        }
        items={[
          ...roleOptionsFor(own?.role ?? Role.VIEWER).map(({ value, label }) => ({
            label,
            checked: value === person.role,
            refusal: notSelf,
            onSelect: () => update.mutate({ role: value }),
          })),
          {
            label: 'Make a new first password',
            refusal: notSelf,
            onSelect: () => update.mutate({ resetPassword: true }),
          },
          {
            label: person.disabled ? 'Enable' : 'Disable',
            danger: !person.disabled,
            refusal: notSelf,
            onSelect: () => update.mutate({ disabled: !person.disabled }),
          },
        ]}
      />
    </li>
  );
}
