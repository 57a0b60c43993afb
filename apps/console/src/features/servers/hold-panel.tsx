import { DecideHoldRequest_Decision as Decision, Permission, type Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { ErrorPanel } from '../../components/panels';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toast';

interface Choice {
  readonly decision: Decision;
  readonly label: string;
  readonly consequence: string;
}

const choices: readonly Choice[] = [
  {
    decision: Decision.IS_THE_SERVER,
    label: 'It is the server',
    consequence:
      'It was put back to an older state, as from a snapshot. Its counter goes on from what it says now, and it gets its manifest again.',
  },
  {
    decision: Decision.IS_A_COPY,
    label: 'It is a copy',
    consequence:
      'Its disk was copied. What speaks now is told to forget who it is, and stops; the server itself goes on.',
  },
];

/** On the page of a held server: what was seen, and both decisions with what each does. */
export function HoldPanel({ server }: { server: Server }) {
  const [choice, setChoice] = useState<Choice>();
  const refusal = useRefusal(Permission.SERVERS_WRITE);
  const { hold } = server;
  if (!hold) return null;
  return (
    <section
      aria-label="Held"
      className="border-degraded bg-degraded-soft mb-4 rounded-lg border p-4 text-sm"
    >
      <h2 className="font-semibold">Somebody has to decide about this server</h2>
      <p className="mt-1 max-w-3xl break-words">{hold.message}</p>
      <p className="text-ink-2 mt-1 text-xs">
        Held <Time at={hold.since} />: it gets no manifest and no operation, and what runs there goes on.
        Counter {String(hold.counterSeen)} came where {String(hold.counterExpected)} was seen before.
      </p>
      <div className="mt-3 grid gap-3 md:grid-cols-2">
        {choices.map((one) => (
          <div key={one.label} className="bg-surface border-line flex flex-col gap-2 rounded-md border p-3">
            <p className="grow">{one.consequence}</p>
            <div>
              <Button refusal={refusal} onClick={() => setChoice(one)}>
                {one.label}
              </Button>
            </div>
          </div>
        ))}
      </div>
      {choice && <DecideDialog server={server} choice={choice} onClose={() => setChoice(undefined)} />}
    </section>
  );
}

function DecideDialog({ server, choice, onClose }: { server: Server; choice: Choice; onClose: () => void }) {
  const ostler = useOstler();
  const store = useLiveStore();
  const { say } = useToasts();
  const { name } = server;
  const decide = useMutation({
    mutationFn: () => ostler.fleet.decideHold({ requestId: newRequestId(), name, decision: choice.decision }),
    onSuccess: (answer) => {
      store.putServer(answer.server);
      say(`${name} is not held any more.`);
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${choice.label}: ${name}`}
      text={choice.consequence}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={decide.isPending} onClick={() => decide.mutate()}>
            Decide so
          </Button>
        </>
      }
    >
      {decide.isError && <ErrorPanel error={decide.error} />}
    </Dialog>
  );
}
