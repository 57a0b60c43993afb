import type { Resource, UpstreamHealth } from '@ostler/contracts';
import { Conditions } from '../../components/conditions';
import { CopyText } from '../../components/copy';
import { Facts, Labels, Section } from '../../components/page';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { countText } from '../../lib/amounts';
import type { Health } from '../../lib/health';
import { plainText } from '../../lib/plain-text';
import { handlerWord, placementText, siteSpecOf, siteStatuses, siteUrls } from '../../lib/sites';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

export function SiteOverview({ site }: { site: Resource }) {
  const spec = siteSpecOf(site);
  const certificate = spec?.tls?.certificate?.name;
  return (
    <>
      <Conditions resource={site} />
      <div className="grid items-start gap-x-4 lg:grid-cols-2">
        <Section title="Serves">
          <Facts
            pairs={[
              ['Domains', spec?.domains.join(', ') ?? ''],
              [
                'Addresses',
                <span key="urls" className="flex flex-col items-start">
                  {siteUrls(site).map((url) => (
                    <a
                      key={url}
                      href={url}
                      target="_blank"
                      rel="noreferrer"
                      className="link block py-1 break-all"
                    >
                      {url}
                    </a>
                  ))}
                  {siteUrls(site).length === 0 && (
                    <span className="text-ink-3">no server answers for it yet</span>
                  )}
                </span>,
              ],
              ['Answers with', handlerWord(spec?.handler)],
              ...releaseFact(site),
              ['Runs', placementText(spec?.placement)],
              [
                'Certificate',
                certificate ? (
                  <Link
                    key="certificate"
                    to="/certificates/$name"
                    params={{ name: certificate }}
                    className="link"
                  >
                    {certificate}
                  </Link>
                ) : (
                  'none: plain HTTP'
                ),
              ],
              [
                'Labels',
                Object.keys(site.meta?.labels ?? {}).length > 0 ? (
                  <Labels labels={site.meta?.labels ?? {}} />
                ) : (
                  ''
                ),
              ],
              ['Generation', String(site.meta?.generation ?? 0n)],
              ['Created', <Time key="created" at={site.meta?.createdAt} />],
              ['Uid', <CopyText key="uid" text={site.meta?.uid ?? ''} />],
            ]}
          />
        </Section>
        <Upstreams site={site} />
      </div>
    </>
  );
}

/** Of a site with a release: its digest, and how many servers serve that one already. */
function releaseFact(site: Resource): [string, ReactNode][] {
  const answer = siteSpecOf(site)?.handler?.answer;
  const release = answer?.case === 'staticFiles' ? answer.value.release : '';
  if (release === '') return [];
  const statuses = siteStatuses(site);
  const serving = statuses.filter((status) => status.release === release).length;
  return [
    [
      'Release',
      <span key="release" className="block min-w-0">
        <CopyText text={release} />
        <span className="text-ink-3 text-xs">
          served by {serving} of {countText(site.status?.placements ?? 0, 'server')}
        </span>
      </span>,
    ],
  ];
}

interface UpstreamView {
  readonly upstream: UpstreamHealth;
  /** Servers that see it healthy. */
  readonly healthyFrom: readonly string[];
  readonly troubles: readonly { readonly serverName: string; readonly message: string }[];
}

/** Each server of an upstream once, with what the servers of the site see of it. */
function Upstreams({ site }: { site: Resource }) {
  const views = upstreamViews(site);
  if (views.length === 0) return null;
  return (
    <Section title="Upstreams" text="As the servers of the site see them." flush>
      <ul className="divide-line divide-y">
        {views.map((view) => (
          <UpstreamRow key={keyOf(view.upstream)} view={view} />
        ))}
      </ul>
    </Section>
  );
}

function UpstreamRow({ view: { upstream, healthyFrom, troubles } }: { view: UpstreamView }) {
  const all = healthyFrom.length + troubles.length;
  return (
    <li className="px-4 py-1.5 text-sm">
      <div className="flex flex-wrap items-center gap-x-4">
        <StatusText health={upstreamHealth(healthyFrom.length, all)} />
        <code className="min-w-0 font-mono text-xs break-all">
          {upstream.upstream}: {upstream.host}:{upstream.port}
        </code>
        <span className="text-ink-3 ml-auto text-xs" title={healthyFrom.join('\n')}>
          {all === 1
            ? `from ${healthyFrom[0] ?? troubles[0]?.serverName}`
            : `healthy from ${healthyFrom.length} of ${all} servers`}
        </span>
      </div>
      {[...Map.groupBy(troubles, ({ message }) => message)].map(([message, from]) => (
        <p key={message} className="text-ink-2 pl-[18px] text-xs break-words">
          <bdi>{plainText(message)}</bdi>
          {all > 1 && (
            <span className="text-ink-3"> from {from.map((one) => one.serverName).join(', ')}</span>
          )}
        </p>
      ))}
    </li>
  );
}

function upstreamViews({ status }: Resource): UpstreamView[] {
  const seen = (status?.placementStatuses ?? []).flatMap(({ serverName, detail }) =>
    detail.case === 'site' ? detail.value.upstreams.map((upstream) => ({ serverName, upstream })) : [],
  );
  const groups = Map.groupBy(seen, ({ upstream }) => keyOf(upstream));
  return [...groups.values()].map((group) => ({
    upstream: group[0]!.upstream,
    healthyFrom: group.filter(({ upstream }) => upstream.healthy).map(({ serverName }) => serverName),
    troubles: group
      .filter(({ upstream }) => !upstream.healthy)
      .map(({ serverName, upstream }) => ({ serverName, message: upstream.message })),
  }));
}

const keyOf = ({ upstream, host, port }: UpstreamHealth): string => `${upstream} ${host}:${port}`;

function upstreamHealth(healthy: number, all: number): Pick<Health, 'state' | 'word'> {
  if (healthy === all) return { state: 'ready', word: 'Healthy' };
  return healthy === 0 ? { state: 'failed', word: 'Unhealthy' } : { state: 'degraded', word: 'Unhealthy' };
}
