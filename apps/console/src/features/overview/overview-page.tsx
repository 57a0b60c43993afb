import { Kind, Permission } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useLiveData, useOperations, useResources, useRollouts, useServers } from '../../api/live';
import { useRefusal } from '../../api/session';
import { ButtonLink } from '../../components/button';
import { ListBody } from '../../components/list-body';
import { Page, Section } from '../../components/page';
import { resourceHealth, serverHealth } from '../../lib/health';
import { WaitingRoom } from '../../components/waiting-room';
import { ExpiringCertificates } from './expiring-certificates';
import { FirstSteps } from './first-steps';
import { FleetHealth } from './fleet-health';
import { HealthCard } from './health-card';
import { RecentChanges } from './recent-changes';
import { TroubleList } from './trouble-list';
import { UnderWay } from './under-way';

/** What an operator wants to know first: is everything well, what is not, what changed, what runs. */
export function OverviewPage() {
  const { synced } = useLiveData();
  const refusal = useRefusal(Permission.RESOURCES_WRITE);
  return (
    <Page
      title="Overview"
      actions={
        <ButtonLink to="/new/site" look="primary" refusal={refusal}>
          Create site
        </ButtonLink>
      }
    >
      {synced ? (
        <OverviewBody />
      ) : (
        <div className="card">
          <ListBody>{null}</ListBody>
        </div>
      )}
    </Page>
  );
}

function OverviewBody() {
  const servers = useServers();
  const sites = useResources(Kind.SITE);
  const certificates = useResources(Kind.CERTIFICATE);
  const rollouts = useRollouts();
  const operations = useOperations();
  const resources = useMemo(() => [...sites, ...certificates], [sites, certificates]);
  return (
    <>
      <WaitingRoom />
      <FirstSteps servers={servers} sites={sites} />
      <div className="mb-4 grid gap-4 md:grid-cols-3">
        <HealthCard
          title="Servers"
          to="/servers"
          states={servers.map((one) => serverHealth(one).state)}
          names={{ ready: 'connected', failed: 'down', progressing: 'joining' }}
        />
        <HealthCard title="Sites" to="/sites" states={sites.map((one) => resourceHealth(one).state)} />
        <HealthCard
          title="Certificates"
          to="/certificates"
          states={certificates.map((one) => resourceHealth(one).state)}
        />
      </div>
      <div className="grid items-start gap-x-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0">
          <TroubleList servers={servers} resources={resources} rollouts={rollouts} />
          <UnderWay operations={operations} rollouts={rollouts} />
          <ExpiringCertificates certificates={certificates} />
          <FleetHealth servers={servers} />
        </div>
        <div className="min-w-0">
          <Section
            title="Recent changes"
            flush
            actions={
              <Link to="/activity" className="link text-xs">
                All activity
              </Link>
            }
          >
            <RecentChanges />
          </Section>
        </div>
      </div>
    </>
  );
}
