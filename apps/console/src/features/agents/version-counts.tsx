import type { AgentReleaseInfo, Server } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useServers } from '../../api/live';
import { Section } from '../../components/page';
import { countText } from '../../lib/amounts';

/** What the fleet runs now, newest first; each leads to its servers. */
export function VersionCounts({ releases }: { releases: readonly AgentReleaseInfo[] }) {
  const servers = useServers();
  const versions = useMemo(() => versionsOf(servers), [servers]);
  const newest = releases[0]?.version;
  return (
    <Section title="In the fleet" text={countText(servers.length, 'server')} flush>
      {versions.length === 0 && <p className="text-ink-2 p-4 text-sm">No server has joined.</p>}
      <ul className="divide-line divide-y">
        {versions.map(([version, count]) => (
          <li key={version} className="px-4 py-2 text-sm">
            <div className="flex flex-wrap items-baseline gap-x-3">
              {version ? (
                <Link
                  to="/servers"
                  search={{ q: `agent:${version}` }}
                  className="link font-mono text-xs wrap-anywhere"
                >
                  {version}
                </Link>
              ) : (
                'has not said'
              )}
              {version === newest && <span className="text-ink-3 text-xs">newest</span>}
              <span className="text-ink-2 ml-auto text-xs">{countText(count, 'server')}</span>
            </div>
            <div aria-hidden className="bg-hover mt-1 h-1 overflow-hidden rounded-full">
              <div className="bg-ink-3 h-full" style={{ width: `${(count / servers.length) * 100}%` }} />
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function versionsOf(servers: readonly Server[]): readonly (readonly [string, number])[] {
  const groups = Map.groupBy(servers, ({ agentVersion }) => agentVersion);
  return [...groups]
    .map(([version, some]) => [version, some.length] as const)
    .sort(([a], [b]) => b.localeCompare(a, undefined, { numeric: true }));
}
