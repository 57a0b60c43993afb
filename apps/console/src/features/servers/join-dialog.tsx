import type { CreateJoinTokenResponse } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useLiveData, useServers } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { JoinAnswer, type ServersBefore } from './join-answer';
import { emptyJoinWish, JoinFields } from './join-fields';
import { parseLabels } from '../../lib/labels';

/**
 * Makes a join token, shows its command once, and turns into the servers that come with it meanwhile. With
 * `replaces` the machine becomes that server.
 */
export function JoinDialog({ replaces = '', onClose }: { replaces?: string; onClose: () => void }) {
  const ostler = useOstler();
  const servers = useServers();
  const { synced } = useLiveData();
  const [before, setBefore] = useState<ServersBefore>(new Map());
  const [wish, setWish] = useState({ ...emptyJoinWish, replacesServer: replaces });
  const [requestId] = useState(newRequestId);
  const create = useMutation({
    mutationFn: (): Promise<CreateJoinTokenResponse> =>
      ostler.fleet.createJoinToken({ requestId, ...wish, labels: parseLabels(wish.labels) }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBefore(new Map(servers.map(({ uid, state }) => [uid, state])));
    create.mutate();
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={replaces ? `Replace ${replaces} by another machine` : 'Join a server'}
      text={
        replaces
          ? 'The machine that joins keeps the name, the labels and what is placed here. The old key is never let in again.'
          : 'The command installs the agent, makes its key on the server, and connects out. No inbound port is needed.'
      }
      footer={
        create.data ? (
          <Button onClick={onClose}>Close</Button>
        ) : (
          <Button
            look="primary"
            type="submit"
            form="join"
            refusal={synced ? undefined : 'The servers that are there have not been read yet.'}
            busy={create.isPending}
          >
            Make the command
          </Button>
        )
      }
    >
      {create.data ? (
        <JoinAnswer answer={create.data} before={before} />
      ) : (
        <form id="join" onSubmit={submit}>
          <JoinFields wish={wish} onChange={setWish} fixedServer={replaces !== ''} error={create.error} />
        </form>
      )}
    </Dialog>
  );
}
