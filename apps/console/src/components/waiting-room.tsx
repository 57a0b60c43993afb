import { Permission, type WaitingServer } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { DoorOpen } from 'lucide-react';
import { useWaitingServers } from '../api/live';
import { useOstler } from '../api/ostler';
import { useRefusal } from '../api/session';
import { Button } from './button';
import { CopyText } from './copy';
import { Time } from './time';
import { useToasts } from './toast';
import { countText } from '../lib/amounts';

/** Above the list while somebody waits; nothing otherwise. */
export function WaitingRoom() {
  const waiting = useWaitingServers();
  if (waiting.length === 0) return null;
  return (
    <section aria-label="Waiting room" className="card mb-4">
      <div className="border-line flex flex-wrap items-center gap-2 border-b px-4 py-2">
        <DoorOpen className="text-progressing size-4" />
        <h2 className="text-sm font-semibold">
          {countText(waiting.length, 'server waits', 'servers wait')} to be let in
        </h2>
        <p className="text-ink-3 text-xs">
          Compare the key with what <code className="font-mono">ostler-agent status</code> shows there.
        </p>
      </div>
      <ul className="divide-line divide-y">
        {waiting.map((one) => (
          <WaitingRow key={one.uid} waiting={one} />
        ))}
      </ul>
    </section>
  );
}

export function WaitingRow({ waiting }: { waiting: WaitingServer }) {
  const ostler = useOstler();
  const { say, fail } = useToasts();
  const refusal = useRefusal(Permission.SERVERS_WRITE);
  const decide = useMutation({
    mutationFn: (letIn: boolean) =>
      ostler.fleet.decideWaitingServer({ requestId: newRequestId(), uid: waiting.uid, letIn }),
    onSuccess: ({ server }) => say(server ? `${server.name} is let in.` : `${waiting.name} is turned away.`),
    onError: fail,
  });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-2.5 text-sm">
      <div className="min-w-0 grow basis-64">
        <p className="font-medium break-all">
          {waiting.name} <span className="text-ink-3 font-normal">from {waiting.address}</span>
        </p>
        <p className="text-ink-3 text-xs wrap-anywhere">
          {waiting.hostname}, came <Time at={waiting.askedAt} /> with{' '}
          {waiting.joinTokenDescription ? `the token "${waiting.joinTokenDescription}"` : 'a token'}
        </p>
        <CopyText text={waiting.keyFingerprint} />
      </div>
      <Button
        look="danger"
        refusal={refusal}
        busy={decide.isPending && decide.variables === false}
        onClick={() => decide.mutate(false)}
      >
        Reject <span className="sr-only">{waiting.name}</span>
      </Button>
      <Button
        look="primary"
        refusal={refusal}
        busy={decide.isPending && decide.variables === true}
        onClick={() => decide.mutate(true)}
      >
        Let in <span className="sr-only">{waiting.name}</span>
      </Button>
    </li>
  );
}
