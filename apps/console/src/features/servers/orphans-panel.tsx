import { Permission, type Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { CheckField } from '../../components/field';
import { Section } from '../../components/page';
import { ErrorPanel } from '../../components/panels';
import { useToasts } from '../../components/toast';
import { countText } from '../../lib/amounts';

/** What the server holds and the control plane does not know, as after a restore of a backup. */
export function OrphansPanel({ server }: { server: Server }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const mayNot = useRefusal(Permission.SERVERS_WRITE);
  const present = server.orphans.filter(({ uid }) => chosen.has(uid));
  if (server.orphans.length === 0) return null;
  const toggle = (uid: string, on: boolean): void => {
    const next = new Set(chosen);
    if (on) next.add(uid);
    else next.delete(uid);
    setChosen(next);
  };
  const refusal = mayNot ?? (present.length === 0 ? 'Choose what is to be removed first.' : undefined);
  return (
    <Section
      title="Orphans"
      text="It holds these, and this control plane does not know them, as after a restore of a backup. They go on until they are discarded."
      flush
      actions={
        <Button look="danger" refusal={refusal} onClick={() => setAsking(true)}>
          Discard {present.length > 0 ? present.length : ''}
        </Button>
      }
    >
      <ul className="divide-line divide-y">
        {server.orphans.map(({ uid, kind, name, generation }) => (
          <li key={uid} className="px-4 py-2">
            <CheckField
              label={name}
              help={`${kind.toLowerCase()}, generation ${generation}`}
              checked={chosen.has(uid)}
              onChange={(on) => toggle(uid, on)}
            />
          </li>
        ))}
      </ul>
      {asking && (
        <DiscardDialog
          server={server}
          uids={present.map(({ uid }) => uid)}
          names={present.map(({ name }) => name)}
          onClose={() => setAsking(false)}
        />
      )}
    </Section>
  );
}

function DiscardDialog({
  server,
  uids,
  names,
  onClose,
}: {
  server: Server;
  uids: readonly string[];
  names: readonly string[];
  onClose: () => void;
}) {
  const ostler = useOstler();
  const store = useLiveStore();
  const { say } = useToasts();
  const count = countText(uids.length, 'orphan');
  const discard = useMutation({
    mutationFn: () =>
      ostler.fleet.discardOrphans({ requestId: newRequestId(), name: server.name, uids: [...uids] }),
    onSuccess: (answer) => {
      store.putServer(answer.server);
      say(`${count} will be gone from ${server.name} as soon as its agent has heard of it.`);
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Discard ${count}`}
      text={`${names.join(', ')} ${uids.length === 1 ? 'ends' : 'end'} on ${server.name}. This cannot be taken back from here.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" busy={discard.isPending} onClick={() => discard.mutate()}>
            Discard {count}
          </Button>
        </>
      }
    >
      {discard.isError && <ErrorPanel error={discard.error} />}
    </Dialog>
  );
}
