import type { Resource } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { Section } from '../../components/page';
import { Time } from '../../components/time';
import { expiryOf } from '../../lib/certificates';
import { nameOf } from '../../lib/kinds';
import { millisOf } from '../../lib/time';
import { useNow } from '../../lib/use-now';

const MOST_SHOWN = 8;
const SOON_MS = 14 * 86_400_000;

/** Certificates that have ended or end within two weeks, the first one first. */
export function ExpiringCertificates({ certificates }: { certificates: readonly Resource[] }) {
  const now = useNow();
  const endOf = (one: Resource): number => millisOf(expiryOf(one)) ?? Infinity;
  const soon = certificates.filter((one) => endOf(one) < now + SOON_MS).sort((a, b) => endOf(a) - endOf(b));
  if (soon.length === 0) return null;
  return (
    <Section title="Certificates that expire soon" flush>
      <ul className="divide-line divide-y">
        {soon.slice(0, MOST_SHOWN).map((certificate) => (
          <li key={certificate.meta?.uid} className="flex items-center gap-3 px-4 py-2 text-sm">
            <Link
              to="/certificates/$name"
              params={{ name: nameOf(certificate) }}
              className="min-w-0 grow truncate font-medium hover:underline"
            >
              {nameOf(certificate)}
            </Link>
            <span className={endOf(certificate) < now ? 'text-failed-text' : 'text-degraded-text'}>
              {endOf(certificate) < now ? 'expired ' : 'expires '}
              <Time at={expiryOf(certificate)} />
            </span>
          </li>
        ))}
      </ul>
      {soon.length > MOST_SHOWN && (
        <p className="border-line border-t px-4 py-2 text-xs">
          <Link to="/certificates" search={{ sort: 'expires' }} className="link">
            All {soon.length}
          </Link>
        </p>
      )}
    </Section>
  );
}
