import type { Server } from '@ostler/contracts';
import { CopyText } from '../../components/copy';
import { Facts, Labels, Section } from '../../components/page';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { bytesText } from '../../lib/amounts';

export function ServerOverview({ server }: { server: Server }) {
  return (
    <div className="grid items-start gap-x-4 lg:grid-cols-2">
      <div className="min-w-0">
        <ServerState server={server} />
        <ServerFactsCard server={server} />
      </div>
      <Capabilities server={server} />
    </div>
  );
}

function ServerState({ server }: { server: Server }) {
  const behind = server.revision - server.storedRevision;
  const skew = Number(server.clockSkewMs);
  return (
    <Section title="State">
      <Facts
        pairs={[
          ['Display name', server.displayName],
          ['Labels', Object.keys(server.labels).length > 0 ? <Labels labels={server.labels} /> : ''],
          ['Placements', `${server.placementsReady} of ${server.placements} ready`],
          [
            'Manifest',
            behind > 0n
              ? `revision ${server.revision}; the agent has stored ${server.storedRevision}`
              : `revision ${server.revision}, stored by the agent`,
          ],
          ['Last seen', <Time key="seen" at={server.lastSeenAt} />],
          ['Joined', <Time key="joined" at={server.joinedAt} />],
          ['Agent', `${server.agentVersion || 'unknown'}, feature level ${server.featureLevel}`],
          ['Clock', skew === 0 ? 'in step' : `${Math.abs(skew)} ms ${skew > 0 ? 'ahead' : 'behind'}`],
          ['Uid', <CopyText key="uid" text={server.uid} />],
        ]}
      />
    </Section>
  );
}

function ServerFactsCard({ server: { facts } }: { server: Server }) {
  if (!facts) {
    return (
      <Section title="Facts">
        <p className="text-ink-2 text-sm">The agent has not reported yet.</p>
      </Section>
    );
  }
  return (
    <Section title="Facts">
      <Facts
        pairs={[
          ['Host name', facts.hostname],
          ['System', facts.os],
          ['Kernel', `${facts.kernel} (${facts.architecture})`],
          ['CPUs', String(facts.cpus)],
          ['Memory', bytesText(facts.memoryBytes)],
          [
            'Addresses',
            <span key="addresses" className="flex flex-col items-start">
              {facts.addresses.map((address) => (
                <CopyText key={address} text={address} />
              ))}
            </span>,
          ],
          ['nginx', facts.nginxVersion],
          ['systemd', facts.systemdVersion],
          ['Ports', `${facts.httpPort} for HTTP, ${facts.httpsPort} for HTTPS`],
          ['Booted', <Time key="booted" at={facts.bootedAt} empty="unknown" />],
        ]}
      />
    </Section>
  );
}

/** What the server can do; what it cannot, with why and what to do. */
function Capabilities({ server }: { server: Server }) {
  return (
    <Section title="Capabilities" text="What this server can do, and why not." flush>
      {server.capabilities.length === 0 && (
        <p className="text-ink-2 p-4 text-sm">The agent has not reported yet.</p>
      )}
      <ul className="divide-line divide-y">
        {server.capabilities.map(({ name, available, detail }) => (
          <li
            key={name}
            className="grid items-start gap-x-4 gap-y-0.5 px-4 py-2 text-sm sm:grid-cols-[8rem_6.5rem_minmax(0,1fr)]"
          >
            <span className="font-medium">{name}</span>
            <StatusText
              health={
                available ? { state: 'ready', word: 'Available' } : { state: 'unknown', word: 'Missing' }
              }
            />
            <span className="text-ink-2 break-words">{detail}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
