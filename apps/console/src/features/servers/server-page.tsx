import type { Server } from '@ostler/contracts';
import { useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { Server as ServerIcon } from 'lucide-react';
import { useOperations, useServers } from '../../api/live';
import { ListBody } from '../../components/list-body';
import { Page } from '../../components/page';
import { Empty, SkeletonRows } from '../../components/panels';
import { StatusBadge } from '../../components/status';
import { TabLinks } from '../../components/tabs';
import { Time } from '../../components/time';
import { serverHealth } from '../../lib/health';
import { HoldPanel } from './hold-panel';
import { OrphansPanel } from './orphans-panel';
import { ServerActions } from './server-actions';
import { ServerOverview } from './server-overview';
import { ForeignSites, ServerOperations, ServerPlacements } from './server-tabs';
import { usePlacedOn } from './use-placed-on';

const ServerTimeline = lazy(() =>
  import('./server-timeline').then(({ ServerTimeline: component }) => ({ default: component })),
);

export function ServerPage() {
  const { name } = useParams({ from: '/servers/$name' });
  const server = useServers().find((one) => one.name === name);
  if (!server) {
    return (
      <ListBody>
        <Empty title={`There is no server "${name}"`} text="It was removed, or the address is wrong." />
      </ListBody>
    );
  }
  return <ServerDetail server={server} />;
}

function ServerDetail({ server }: { server: Server }) {
  const { tab = 'overview' } = useSearch({ from: '/servers/$name' });
  const health = serverHealth(server);
  const placed = usePlacedOn(server.uid);
  const operations = useOperations().filter(({ serverUid }) => serverUid === server.uid);
  const tabs = [
    { key: 'overview', label: 'Overview' },
    { key: 'placements', label: 'Placements', count: placed.length },
    { key: 'operations', label: 'Operations', count: operations.length },
    { key: 'history', label: 'Time line' },
    { key: 'foreign', label: 'Found on it', count: server.foreignSites.length },
  ];
  return (
    <Page
      title={server.name}
      icon={<ServerIcon className="size-5" />}
      badge={<StatusBadge health={health} />}
      sub={
        server.hold ? undefined : (
          <>
            {health.message} Since <Time at={health.since} />.
          </>
        )
      }
      actions={<ServerActions server={server} />}
    >
      <HoldPanel server={server} />
      <OrphansPanel server={server} />
      <TabLinks label="Parts of this server" tabs={tabs} active={tab} />
      {tab === 'placements' && <ServerPlacements server={server} resources={placed} />}
      {tab === 'operations' && <ServerOperations operations={operations} />}
      {tab === 'history' && (
        <Suspense fallback={<SkeletonRows rows={5} />}>
          <ServerTimeline server={server} placed={placed} />
        </Suspense>
      )}
      {tab === 'foreign' && <ForeignSites server={server} />}
      {tab === 'overview' && <ServerOverview server={server} />}
    </Page>
  );
}
