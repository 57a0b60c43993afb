import { Kind, type Resource } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import { useResource } from '../../api/live';
import { Button, ButtonLink } from '../../components/button';
import { Conditions } from '../../components/conditions';
import { Section } from '../../components/page';
import { Empty } from '../../components/panels';
import { StatusBadge } from '../../components/status';
import { resourceHealth } from '../../lib/health';
import { siteUrls } from '../../lib/sites';

/** How far the site is, as its server reports it, and the way to it. */
export function FirstSiteLive({ name }: { name: string }) {
  const site = useResource(Kind.SITE, name);
  if (!site)
    return <Empty title={`There is no site "${name}"`} text="It was deleted, or the address is wrong." />;
  return (
    <>
      <Served site={site} />
      <Conditions resource={site} />
      <Next name={name} />
    </>
  );
}

function Served({ site }: { site: Resource }) {
  const health = resourceHealth(site);
  const [url] = siteUrls(site);
  const isLive = health.state === 'ready' && url !== undefined;
  return (
    <section aria-live="polite" className="card mb-4 flex flex-col items-start gap-3 p-5">
      <StatusBadge health={health} />
      <p className="text-lg font-semibold">{isLive ? 'It is live' : 'It is on its way'}</p>
      <p className="text-ink-2 text-sm break-words">
        {isLive
          ? 'nginx has taken the configuration, tested it and serves your page.'
          : health.message || 'The agent tests the configuration beside what is live, then swaps it in.'}
      </p>
      {isLive && (
        <Button look="primary" asChild>
          <a href={url} target="_blank" rel="noreferrer">
            Open {url.replace(/^https?:\/\//, '')} <ExternalLink className="size-3.5" />
          </a>
        </Button>
      )}
    </section>
  );
}

/** Where people go from here. */
function Next({ name }: { name: string }) {
  return (
    <Section title="From here">
      <ul className="flex flex-col gap-2 text-sm">
        <li>
          <Link to="/sites/$name" params={{ name }} className="link">
            Publish a folder of files
          </Link>{' '}
          in the place of this page: drop it on the page of the site.
        </li>
        <li>
          <Link to="/sites/$name/edit" params={{ name }} className="link">
            Change it
          </Link>
          , and see beforehand what changes on the server.
        </li>
        <li>
          <Link to="/new/certificate" className="link">
            Get a certificate
          </Link>{' '}
          for a domain that points to the server.
        </li>
        <li>
          <Link to="/settings" search={{ tab: 'people' }} className="link">
            Add people
          </Link>
          , or{' '}
          <Link to="/settings" search={{ tab: 'tokens' }} className="link">
            make a token
          </Link>{' '}
          for scripts.
        </li>
      </ul>
      <div className="mt-4">
        <ButtonLink to="/">Go to the overview</ButtonLink>
      </div>
    </Section>
  );
}
