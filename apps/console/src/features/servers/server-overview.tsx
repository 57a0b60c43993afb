import type { Server } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { CopyText } from '../../components/copy';
import { Facts, Labels, Section } from '../../components/page';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { spanText } from '../../lib/time';
import { LocalPolicyCard } from './local-policy';
import { Disks, ServerFactsCard } from './server-facts';

export function ServerOverview({ server }: { server: Server }) {
  return (
    <div className="grid items-start gap-x-4 lg:grid-cols-2">
      <div className="min-w-0">
        <ServerState server={server} />
        <ServerTrust server={server} />
        <ServerFactsCard server={server} />
      </div>
      <div className="min-w-0">
        <LocalPolicyCard server={server} />
        <Disks server={server} />
        <Capabilities server={server} />
      </div>
    </div>
  );
}

function ServerState({ server }: { server: Server }) {
  const behind = server.revision - server.storedRevision;
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
          [
            'Agent',
            <span key="agent">
              {server.agentVersion || 'unknown'}, feature level {server.featureLevel}.{' '}
              <Link to="/agents" className="link">
                Versions
              </Link>
            </span>,
          ],
          ['Joined', <Time key="joined" at={server.joinedAt} />],
          ['Uid', <CopyText key="uid" text={server.uid} />],
        ]}
      />
    </Section>
  );
}

/** When it was heard of, and why it was not. */
function ServerTrust({ server }: { server: Server }) {
  return (
    <Section title="Connection and trust">
      <Facts
        pairs={[
          ['Last seen', <Time key="seen" at={server.lastSeenAt} />],
          [
            'Last lane ended',
            server.lastDisconnect ? (
              <span key="ended">
                <Time at={server.lastDisconnectAt} />: {server.lastDisconnect}
              </span>
            ) : (
              'never'
            ),
          ],
          ['Certificate ends', <Time key="certificate" at={server.certificateExpiresAt} empty="unknown" />],
          ['Clock', clockText(Number(server.clockSkewMs))],
          ...(server.revokedAt ? [['Revoked', <Time key="revoked" at={server.revokedAt} />] as const] : []),
        ]}
      />
    </Section>
  );
}

function clockText(skewMs: number): string {
  if (skewMs === 0) return 'in step';
  const size = Math.abs(skewMs);
  const amount = size < 1000 ? `${size} ms` : spanText(size);
  return `${amount} ${skewMs > 0 ? 'ahead' : 'behind'}`;
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
            className="grid grid-cols-1 items-start gap-x-4 gap-y-0.5 px-4 py-2 text-sm sm:grid-cols-[8rem_6.5rem_minmax(0,1fr)]"
          >
            <span className="min-w-0 font-medium break-words">{name}</span>
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
