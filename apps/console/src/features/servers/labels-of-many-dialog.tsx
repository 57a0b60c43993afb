import { Kind, type Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useResources } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { TextField } from '../../components/field';
import { ErrorPanel } from '../../components/panels';
import { useToasts } from '../../components/toast';
import { countText } from '../../lib/amounts';
import { bulkText, runForEach } from '../../lib/bulk';
import { changedLabels, parseLabels } from '../../lib/labels';

/** Puts and takes labels on many servers; what else they carry stays. */
export function LabelsOfManyDialog({
  servers,
  onClose,
}: {
  servers: readonly Server[];
  onClose: () => void;
}) {
  const ostler = useOstler();
  const { say } = useToasts();
  const [put, setPut] = useState('');
  const [taken, setTaken] = useState('');
  const changes = servers.flatMap((server) => {
    const labels = changedLabels(server.labels, parseLabels(put), Object.keys(parseLabels(taken)));
    return labels ? [{ server, labels }] : [];
  });
  const save = useMutation({
    mutationFn: () =>
      runForEach(changes, ({ server: { name, displayName }, labels }) =>
        ostler.fleet.updateServer({ requestId: newRequestId(), name, displayName, labels }),
      ),
    onSuccess: (result) => {
      say(bulkText('Labelled', 'server', result, ({ server }) => server.name));
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (changes.length > 0) save.mutate();
  };
  const refusal = changes.length === 0 ? 'This changes no label of the chosen servers.' : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Label ${countText(servers.length, 'server')}`}
      text="Labels decide which sites are placed where: a change can move sites onto these servers or off them."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="label-many" refusal={refusal} busy={save.isPending}>
            Change {countText(changes.length, 'server')}
          </Button>
        </>
      }
    >
      <form id="label-many" onSubmit={submit} className="flex flex-col gap-4">
        <TextField label="Put" optional mono placeholder="env=prod" value={put} onChange={setPut} />
        <TextField
          label="Take away"
          optional
          mono
          placeholder="zone"
          help="Keys alone; whatever their value is."
          value={taken}
          onChange={setTaken}
        />
        <PlacedByLabels keys={[...Object.keys(parseLabels(put)), ...Object.keys(parseLabels(taken))]} />
        {save.isError && <ErrorPanel error={save.error} />}
      </form>
    </Dialog>
  );
}

/** Which sites look at these labels. */
function PlacedByLabels({ keys }: { keys: readonly string[] }) {
  const sites = useResources(Kind.SITE).filter(
    ({ spec }) =>
      spec.case === 'site' &&
      Object.keys(spec.value.placement?.selector ?? {}).some((key) => keys.includes(key)),
  );
  if (sites.length === 0) return null;
  const names = sites.slice(0, 5).map(({ meta }) => meta?.name);
  const more = sites.length > names.length ? ` and ${sites.length - names.length} more` : '';
  return (
    <p className="text-degraded-text text-sm break-words">
      {countText(sites.length, 'site is', 'sites are')} placed by these labels: {names.join(', ')}
      {more}.
    </p>
  );
}
