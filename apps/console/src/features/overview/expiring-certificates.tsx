import type { Resource } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { Section } from '../../components/page';
import { Time } from '../../components/time';
import { expiryOf } from '../../lib/certificates';
import { nameOf } from '../../lib/kinds';
import { millisOf } from '../../lib/time';
import { useNow } from '../../lib/use-now';

const SOON_MS = 14 * 86_400_000;

/** Certificates that end within two weeks. */
export function ExpiringCertificates({ certificates }: { certificates: readonly Resource[] }) {
  const now = useNow();
  const soon = certificates.filter((one) => (millisOf(expiryOf(one)) ?? Infinity) < now + SOON_MS);
  if (soon.length === 0) return null;
  return (
    <Section title="Certificates that expire soon" flush>
      <ul className="divide-line divide-y">
        {soon.map((certificate) => (
          <li key={certificate.meta?.uid} className="flex items-center gap-3 px-4 py-2 text-sm">
            <Link
              to="/certificates/$name"
              params={{ name: nameOf(certificate) }}
              className="min-w-0 grow truncate font-medium hover:underline"
            >
              {nameOf(certificate)}
            </Link>
            <span className="text-degraded-text">
              <Time at={expiryOf(certificate)} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
