import type { SavedSelector } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useOstler } from '../../api/ostler';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { TextField } from '../../components/field';
import { Labels } from '../../components/page';
import { ErrorPanel } from '../../components/panels';
import { useToasts } from '../../components/toast';
import { countText } from '../../lib/amounts';
import { formatLabels, parseLabels } from '../../lib/labels';
import { useSelectors, useSelectorsChanged } from '../../api/selectors';

/** Keeps labels under a name; the same name replaces them. */
export function SelectorsDialog({
  labels: initial,
  onClose,
}: {
  labels: Readonly<Record<string, string>>;
  onClose: () => void;
}) {
  const ostler = useOstler();
  const selectors = useSelectors();
  const changed = useSelectorsChanged();
  const [name, setName] = useState('');
  const [labels, setLabels] = useState(formatLabels(initial));
  const save = useMutation({
    mutationFn: () =>
      ostler.fleet.saveSelector({ requestId: newRequestId(), name, labels: parseLabels(labels) }),
    onSuccess: async () => {
      setName('');
      await changed();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  const refusal = name === '' || labels.trim() === '' ? 'Give it a name and at least one label.' : undefined;
  const replaces = selectors.some((one) => one.name === name);
  return (
    <Dialog
      open
      onClose={onClose}
      title="Saved selectors"
      text="Labels under a name, for this list, for updates of agents, and for --selector @name on the command line."
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button look="primary" type="submit" form="selector" refusal={refusal} busy={save.isPending}>
            {replaces ? 'Replace' : 'Save'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <form id="selector" onSubmit={submit} className="grid gap-4 sm:grid-cols-2">
          <TextField label="Name" mono placeholder="eu-prod" value={name} onChange={setName} />
          <TextField
            label="Labels"
            mono
            placeholder="env=prod zone=fra"
            value={labels}
            onChange={setLabels}
          />
        </form>
        {save.isError && <ErrorPanel error={save.error} />}
        <ul className="divide-line border-line divide-y rounded-md border">
          {selectors.map((selector) => (
            <SelectorRow key={selector.name} selector={selector} />
          ))}
          {selectors.length === 0 && <li className="text-ink-2 px-3 py-2 text-sm">None is saved yet.</li>}
        </ul>
      </div>
    </Dialog>
  );
}

function SelectorRow({ selector }: { selector: SavedSelector }) {
  const ostler = useOstler();
  const changed = useSelectorsChanged();
  const { fail } = useToasts();
  const remove = useMutation({
    mutationFn: () => ostler.fleet.deleteSelector({ requestId: newRequestId(), name: selector.name }),
    onSuccess: changed,
    onError: fail,
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-sm">
      <span className="font-mono text-xs font-medium">@{selector.name}</span>
      <span className="min-w-0 grow">
        <Labels labels={selector.labels} />
      </span>
      <span className="text-ink-3 text-xs">{countText(selector.servers, 'server')}</span>
      <Button look="quiet" busy={remove.isPending} onClick={() => remove.mutate()}>
        Delete <span className="sr-only">@{selector.name}</span>
      </Button>
    </li>
  );
}
