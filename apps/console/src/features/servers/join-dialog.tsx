import type { CreateJoinTokenResponse } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useServers } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { Button } from '../../components/button';
import { CopyBlock } from '../../components/copy';
import { Dialog } from '../../components/dialog';
import { NumberField, SelectField, TextField } from '../../components/field';
import { ErrorPanel } from '../../components/panels';
import { StatusShape, StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { serverHealth } from '../../lib/health';
import { parseLabels } from '../../lib/labels';

const lifetimes = [
  { value: 3600, label: '1 hour' },
  { value: 86_400, label: '1 day' },
  { value: 604_800, label: '7 days' },
  { value: 2_592_000, label: '30 days' },
];

/** Makes a join token, shows its command once, and turns into the servers that join meanwhile. */
export function JoinDialog({ onClose }: { onClose: () => void }) {
  const ostler = useOstler();
  const servers = useServers();
  const [before] = useState(() => new Set(servers.map(({ uid }) => uid)));
  const [lifetimeSeconds, setLifetime] = useState(3600);
  const [maximumUses, setUses] = useState(0);
  const [labels, setLabels] = useState('');
  const [requestId] = useState(newRequestId);
  const create = useMutation({
    mutationFn: () =>
      ostler.fleet.createJoinToken({ requestId, lifetimeSeconds, maximumUses, labels: parseLabels(labels) }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Join a server"
      text="The command installs the agent, makes its key on the server, and connects out. No inbound port is needed."
      footer={
        create.data ? (
          <Button onClick={onClose}>Close</Button>
        ) : (
          <Button look="primary" type="submit" form="join" busy={create.isPending}>
            Make the command
          </Button>
        )
      }
    >
      {create.data ? (
        <JoinCommand answer={create.data} before={before} />
      ) : (
        <form id="join" onSubmit={submit} className="grid gap-4 sm:grid-cols-2">
          <SelectField label="Valid for" value={lifetimeSeconds} onChange={setLifetime} options={lifetimes} />
          <NumberField
            label="Servers that may use it"
            value={maximumUses}
            onChange={setUses}
            placeholder="1"
            max={1000}
          />
          <div className="sm:col-span-2">
            <TextField
              label="Labels for the server"
              optional
              mono
              placeholder="env=prod zone=fra"
              help="Sites can be placed by label, so a new server takes part at once."
              value={labels}
              onChange={setLabels}
            />
          </div>
          {create.isError && (
            <div className="sm:col-span-2">
              <ErrorPanel error={create.error} />
            </div>
          )}
        </form>
      )}
    </Dialog>
  );
}

function JoinCommand({ answer, before }: { answer: CreateJoinTokenResponse; before: ReadonlySet<string> }) {
  const joined = useServers().filter(({ uid }) => !before.has(uid));
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p>Run this as root on the server. It is shown this once.</p>
      <CopyBlock text={answer.command} label="Copy the command" />
      <p className="text-ink-3 text-xs">
        Valid until it was used{' '}
        {answer.joinToken?.maximumUses === 1 ? 'once' : `${answer.joinToken?.maximumUses} times`}; ends{' '}
        <Time at={answer.joinToken?.expiresAt} />.
      </p>
      <div role="status" className="border-line rounded-md border p-3">
        {joined.length === 0 ? (
          <p className="flex items-center gap-2">
            <StatusShape state="progressing" /> Waiting for the server
          </p>
        ) : (
          <ul className="flex flex-col gap-1.5">
            {joined.map((server) => (
              <li key={server.uid} className="flex items-center gap-3">
                <StatusText health={serverHealth(server)} />
                <Link to="/servers/$name" params={{ name: server.name }} className="link font-medium">
                  {server.name}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
