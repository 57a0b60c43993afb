import { type CreateJoinTokenResponse, type Server, Server_State } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useServers, useWaitingServers } from '../../api/live';
import { CopyBlock } from '../../components/copy';
import { StatusShape, StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { serverHealth } from '../../lib/health';
import { WaitingRow } from '../../components/waiting-room';

/** The states of all servers when the token was made, by uid. */
export type ServersBefore = ReadonlyMap<string, Server_State>;

/** The command, shown this once, and who comes with it. */
export function JoinAnswer({ answer, before }: { answer: CreateJoinTokenResponse; before: ServersBefore }) {
  const [as, setAs] = useState<'command' | 'cloud-init'>('command');
  const token = answer.joinToken;
  return (
    <div className="flex flex-col gap-3 text-sm">
      {answer.cloudInit !== '' && (
        <div role="group" aria-label="How to run it" className="flex gap-1">
          <Choice on={as === 'command'} onChoose={() => setAs('command')} label="One command" />
          <Choice on={as === 'cloud-init'} onChoose={() => setAs('cloud-init')} label="cloud-init" />
        </div>
      )}
      <p>
        {as === 'command'
          ? 'Run this as root on the server.'
          : 'Give this as user data to a new machine: it joins at its first boot.'}{' '}
        It is shown this once.
      </p>
      {as === 'command' ? (
        <CopyBlock text={answer.command} label="Copy the command" />
      ) : (
        <CopyBlock text={answer.cloudInit} label="Copy the user data" />
      )}
      <p className="text-ink-3 text-xs">
        Valid until it was used {token?.maximumUses === 1 ? 'once' : `${token?.maximumUses} times`}; ends{' '}
        <Time at={token?.expiresAt} />.
      </p>
      <Arrivals answer={answer} before={before} />
    </div>
  );
}

function Choice({ on, onChoose, label }: { on: boolean; onChoose: () => void; label: string }) {
  return (
    <button
      type="button"
      aria-pressed={on}
      onClick={onChoose}
      className={`h-7 rounded-full border px-2.5 text-xs ${on ? 'border-accent bg-accent-soft text-ink font-semibold' : 'border-line text-ink-2 hover:bg-hover'}`}
    >
      {label}
    </button>
  );
}

/** Who came with this token: at the door first, then in. */
function Arrivals({
  answer: { joinToken },
  before,
}: {
  answer: CreateJoinTokenResponse;
  before: ServersBefore;
}) {
  const waiting = useWaitingServers().filter(({ joinTokenUid }) => joinTokenUid === joinToken?.uid);
  const joined = useServers().filter((server) => hasCome(server, before, joinToken?.replacesServer ?? ''));
  return (
    <div role="status" className="border-line rounded-md border">
      {waiting.length > 0 && (
        <ul className="divide-line divide-y" aria-label="Waiting to be let in">
          {waiting.map((one) => (
            <WaitingRow key={one.uid} waiting={one} />
          ))}
        </ul>
      )}
      {joined.length === 0 && waiting.length === 0 && (
        <p className="flex items-center gap-2 p-3">
          <StatusShape state="progressing" /> Waiting for the server
        </p>
      )}
      {joined.length > 0 && (
        <ul className="flex flex-col gap-1.5 p-3">
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
  );
}

/** A new one, or the one in whose place a machine came and that was not connected before. */
function hasCome({ uid, name, state }: Server, before: ServersBefore, replaced: string): boolean {
  if (replaced === '') return !before.has(uid);
  const alive = state === Server_State.JOINED || state === Server_State.CONNECTED;
  return name === replaced && alive && before.get(uid) !== state;
}
