import { Kind, Permission, type Server } from '@ostler/contracts';
import { explainError, newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useLiveStore, useResources } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { SelectField, TextField } from '../../components/field';
import { Section } from '../../components/page';
import { ErrorPanel } from '../../components/panels';
import { type FieldErrors, fieldErrorsOf, noFieldErrors } from '../../lib/field-errors';
import { nameOf } from '../../lib/kinds';
import { easyDomain, firstSiteResource } from './first-site';

/** The few things that a first site needs; everything else keeps its default. */
export function FirstSiteForm({ servers }: { servers: readonly Server[] }) {
  const ostler = useOstler();
  const store = useLiveStore();
  const navigate = useNavigate();
  const refusal = useRefusal(Permission.RESOURCES_WRITE);
  const [name, setName] = useState(useFreeName());
  const [typedDomain, setDomain] = useState<string>();
  const [server, setServer] = useState(servers[0]?.name ?? '');
  const [words, setWords] = useState('Hello from my own server');
  const domain = typedDomain ?? easyDomain(name, location.hostname);
  const create = useMutation({
    mutationFn: () =>
      ostler.resources.apply({
        requestId: newRequestId(),
        resources: [firstSiteResource({ name, domain, server, words })],
      }),
    onSuccess: ({ results }) => {
      store.put(results[0]?.resource);
      void navigate({ to: '/start', search: { site: name } });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  const errors: FieldErrors = create.isError
    ? fieldErrorsOf(explainError(create.error).violations)
    : noFieldErrors;
  return (
    <Section title="What it is called and what it says">
      <form onSubmit={submit} className="flex max-w-lg flex-col gap-4">
        <TextField
          label="Name"
          mono
          required
          autoFocus
          help="Lower-case letters, digits and dashes. It cannot be changed later."
          value={name}
          onChange={setName}
          error={errors.get('meta.name')}
        />
        <TextField
          label="Domain"
          mono
          required
          placeholder="www.example.com"
          help={
            easyDomain(name, location.hostname) === ''
              ? `A name that points to ${server}: its DNS record has to have the address of that server.`
              : 'Names below .localhost answer on this machine without anything to set up.'
          }
          value={domain}
          onChange={setDomain}
          error={errors.get('domains[0]') ?? errors.get('domains')}
        />
        <SelectField
          label="Server"
          value={server}
          onChange={setServer}
          options={servers.map((one) => ({ value: one.name, label: one.displayName || one.name }))}
        />
        <TextField label="What the page says" required value={words} onChange={setWords} />
        {create.isError && <ErrorPanel error={create.error} />}
        <div>
          <Button type="submit" look="primary" refusal={refusal} busy={create.isPending}>
            Put it on {server}
          </Button>
        </div>
      </form>
    </Section>
  );
}

/** `my-site`, or the next one that nobody has. */
function useFreeName(): string {
  const names = new Set(useResources(Kind.SITE).map(nameOf));
  const free = Array.from({ length: names.size + 1 }, (_, at) =>
    at === 0 ? 'my-site' : `my-site-${at + 1}`,
  );
  return free.find((name) => !names.has(name)) ?? 'my-site';
}
