import { Link } from '@tanstack/react-router';
import { Kind } from '@ostler/contracts';
import { useMemo } from 'react';
import { useLiveData, useResources } from '../api/live';
import { useSession } from '../api/session';
import { Hint } from '../components/hint';
import { countHealth, type Health, resourceHealth, serverHealth } from '../lib/health';
import { Mark } from './gate';
import { sections } from './sections';

/** Where everything is. `narrow` shows icons alone. */
export function Rail({ narrow, onGo }: { narrow: boolean; onGo?: () => void }) {
  const { tenantName } = useSession();
  const failing = useFailingCounts();
  return (
    <nav aria-label="Main" className="flex h-full flex-col gap-0.5 p-2">
      <div className={`mb-3 flex h-9 items-center gap-2.5 ${narrow ? 'justify-center' : 'px-2'}`}>
        <Mark className="size-6 shrink-0" />
        {!narrow && (
          <span className="min-w-0">
            <span className="block leading-tight font-semibold">Ostler</span>
            <span className="text-ink-3 block truncate text-2xs leading-tight">{tenantName}</span>
          </span>
        )}
      </div>
      {sections.map(({ to, label, icon: Icon }) => {
        const count = failing[to] ?? 0;
        const link = (
          <Link
            key={to}
            to={to}
            onClick={onGo}
            activeOptions={{ exact: to === '/' }}
            aria-label={narrow ? label : undefined}
            className={`text-ink-2 hover:bg-hover hover:text-ink relative flex h-8 items-center gap-2.5 rounded-md text-sm font-medium ${narrow ? 'justify-center' : 'px-2'}`}
            activeProps={{ className: 'bg-accent-soft text-ink!' }}
          >
            <Icon className="size-4 shrink-0" strokeWidth={1.9} />
            {!narrow && <span className="grow">{label}</span>}
            {count > 0 && !narrow && (
              <span className="text-failed-text text-2xs font-semibold" title={`${count} failed or degraded`}>
                {count}
              </span>
            )}
            {count > 0 && narrow && (
              <span className="bg-failed absolute top-1 right-1.5 size-1.5 rounded-full" />
            )}
          </Link>
        );
        return narrow ? (
          <Hint key={to} text={label}>
            {link}
          </Hint>
        ) : (
          link
        );
      })}
    </nav>
  );
}

function useFailingCounts(): Readonly<Record<string, number>> {
  const { servers } = useLiveData();
  const sites = useResources(Kind.SITE);
  const certificates = useResources(Kind.CERTIFICATE);
  // Each is counted when it changes, not whenever anything does: there may be 10,000 of one.
  const badServers = useMemo(() => countBad([...servers.values()].map(serverHealth)), [servers]);
  const badSites = useMemo(() => countBad(sites.map(resourceHealth)), [sites]);
  const badCertificates = useMemo(() => countBad(certificates.map(resourceHealth)), [certificates]);
  return { '/servers': badServers, '/sites': badSites, '/certificates': badCertificates };
}

function countBad(healths: readonly Health[]): number {
  const { failed, degraded } = countHealth(healths.map(({ state }) => state));
  return failed + degraded;
}
