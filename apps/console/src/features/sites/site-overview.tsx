import type { Resource, SiteStatus } from '@ostler/contracts';
import { Conditions } from '../../components/conditions';
import { CopyText } from '../../components/copy';
import { Facts, Labels, Section } from '../../components/page';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { handlerWord, placementText, siteSpecOf, siteUrls } from '../../lib/sites';
import { Link } from '@tanstack/react-router';

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

function Upstreams({ site }: { site: Resource }) {
  const rows = (site.status?.placementStatuses ?? []).flatMap(({ serverName, detail }) =>
    detail.case === 'site' ? detail.value.upstreams.map((upstream) => ({ serverName, upstream })) : [],
  );
  if (rows.length === 0) return null;
  return (
    <Section title="Upstreams" text="As each server sees them." flush>
      <ul className="divide-line divide-y">
        {rows.map(({ serverName, upstream }) => (
          <li
            key={`${serverName} ${upstream.upstream} ${upstream.host}:${upstream.port}`}
            className="px-4 py-1.5 text-sm"
          >
            <div className="flex flex-wrap items-center gap-x-4">
              <StatusText health={upstreamHealth(upstream)} />
              <code className="font-mono text-xs">
                {upstream.upstream}: {upstream.host}:{upstream.port}
              </code>
              <span className="text-ink-3 ml-auto text-xs">from {serverName}</span>
            </div>
            {upstream.message && (
              <p className="text-ink-2 pl-[18px] text-xs break-words">{upstream.message}</p>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function upstreamHealth({ healthy }: SiteStatus['upstreams'][number]) {
  return healthy
    ? ({ state: 'ready', word: 'Healthy' } as const)
    : ({ state: 'failed', word: 'Unhealthy' } as const);
}
