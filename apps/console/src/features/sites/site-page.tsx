import { Kind, Permission, type Resource } from '@ostler/contracts';
import { useParams, useSearch } from '@tanstack/react-router';
import { ExternalLink, FolderUp, Globe, MoreHorizontal, Pencil } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useResource } from '../../api/live';
import { useRefusal } from '../../api/session';
import { Button, ButtonLink, IconButton } from '../../components/button';
import { Gone } from '../../components/gone';
import { DeleteDialog } from '../../components/delete-dialog';
import { ListBody } from '../../components/list-body';
import { Menu } from '../../components/menu';
import { Page } from '../../components/page';
import { ResourceActivity } from '../../components/resource-activity';
import { Revisions } from '../../components/revisions';
import { SpecView } from '../../components/spec-view';
import { HealthBadge } from '../../components/health-light';
import { TabLinks } from '../../components/tabs';
import { resourceHealth } from '../../lib/health';
import { nameOf } from '../../lib/kinds';
import { plainText } from '../../lib/plain-text';
import { handlerWord, placementText, siteSpecOf, siteUrls } from '../../lib/sites';
import { DriftReport } from './drift-report';
import { SiteOverview } from './site-overview';

const PublishDialog = lazy(async () => ({
  default: (await import('./publish/publish-dialog')).PublishDialog,
}));

export function SitePage() {
  const { name } = useParams({ from: '/sites/$name' });
  const site = useResource(Kind.SITE, name);
  if (!site) {
    return (
      <ListBody>
        <Gone kind={Kind.SITE} name={name} />
      </ListBody>
    );
  }
  return <SiteDetail site={site} />;
}

function SiteDetail({ site }: { site: Resource }) {
  const { tab = 'overview' } = useSearch({ from: '/sites/$name' });
  const health = resourceHealth(site);
  const drifted = (site.status?.placementStatuses ?? []).filter(({ drift }) => drift.length > 0).length;
  const tabs = [
    { key: 'overview', label: 'Overview' },
    { key: 'configuration', label: 'Configuration' },
    { key: 'revisions', label: 'Revisions', count: Number(site.meta?.generation ?? 0n) },
    ...(drifted > 0 ? [{ key: 'drift', label: 'Drift', count: drifted }] : []),
    { key: 'activity', label: 'Activity' },
  ];
  return (
    <Page
      title={nameOf(site)}
      icon={<Globe className="size-5" />}
      badge={<HealthBadge health={health} />}
      sub={
        <>
          {site.meta?.displayName && (
            <>
              <bdi className="text-ink">{plainText(site.meta.displayName)}</bdi>.{' '}
            </>
          )}
          {placementText(siteSpecOf(site)?.placement)}. {plainText(health.message)}
        </>
      }
      actions={<SiteActions site={site} />}
    >
      <TabLinks label="Parts of this site" tabs={tabs} active={tab} />
      {tab === 'overview' && <SiteOverview site={site} />}
      {tab === 'configuration' && <SpecView resource={site} />}
      {tab === 'revisions' && <Revisions resource={site} />}
      {tab === 'drift' && <DriftReport site={site} />}
      {tab === 'activity' && <ResourceActivity resource={site} />}
    </Page>
  );
}

function SiteActions({ site }: { site: Resource }) {
  const [deleting, setDeleting] = useState(false);
  const [publishing, setPublishing] = useState(false);
  const refusal = useRefusal(Permission.RESOURCES_WRITE);
  const [url] = siteUrls(site);
  const removing = site.meta?.deletedAt ? 'It is being removed.' : refusal;
  return (
    <>
      {url && (
        <a
          href={url}
          target="_blank"
          rel="noreferrer"
          className="text-ink-2 hover:bg-hover hover:text-ink inline-flex h-8 items-center gap-1.5 rounded-md px-3 text-sm font-medium"
        >
          <ExternalLink className="size-3.5" /> Open
        </a>
      )}
      <Button refusal={removing ?? publishRefusal(site)} onClick={() => setPublishing(true)}>
        <FolderUp className="size-3.5" /> Publish
      </Button>
      <ButtonLink to="/sites/$name/edit" params={{ name: nameOf(site) }} look="primary" refusal={removing}>
        <Pencil className="size-3.5" /> Edit
      </ButtonLink>
      <Menu
        trigger={
          <IconButton label="More">
            <MoreHorizontal className="size-4" />
          </IconButton>
        }
        items={[{ label: 'Delete site', danger: true, refusal: removing, onSelect: () => setDeleting(true) }]}
      />
      {publishing && (
        <Suspense>
          <PublishDialog site={site} onClose={() => setPublishing(false)} />
        </Suspense>
      )}
      {deleting && <DeleteDialog resource={site} backTo="/sites" onClose={() => setDeleting(false)} />}
    </>
  );
}

/** Why a folder cannot be published to a site. */
function publishRefusal(site: Resource): string | undefined {
  const handler = siteSpecOf(site)?.handler;
  if (handler?.answer.case === 'staticFiles') return undefined;
  return `It answers with: ${handlerWord(handler).toLowerCase()}. Edit it to answer with static files first.`;
}
