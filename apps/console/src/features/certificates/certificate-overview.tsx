import { type CertificateStatus, Kind, type Resource } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { useResources } from '../../api/live';
import { Conditions } from '../../components/conditions';
import { CopyText } from '../../components/copy';
import { Facts, Section } from '../../components/page';
import { Time } from '../../components/time';
import { countText } from '../../lib/amounts';
import { sourceWord } from '../../lib/certificates';
import { nameOf } from '../../lib/kinds';
import { certificateSpecOf, domainsOf } from './certificate-facts';

export function CertificateOverview({ certificate }: { certificate: Resource }) {
  const spec = certificateSpecOf(certificate);
  return (
    <>
      <Conditions resource={certificate} />
      <div className="grid items-start gap-x-4 lg:grid-cols-2">
        <Section title="Declared">
          <Facts
            pairs={[
              ['Domains', domainsOf(certificate).join(', ')],
              ['Source', spec ? sourceWord(spec) : ''],
              [
                'Authority',
                spec?.source.case === 'acme' ? spec.source.value.directoryUrl || 'Let’s Encrypt' : '',
              ],
              [
                'Renewal begins',
                spec?.renewBeforeHours
                  ? `${spec.renewBeforeHours} h before the end`
                  : 'after two thirds of the lifetime',
              ],
              ['Used by', <UsedBy key="used" name={nameOf(certificate)} />],
              ['Uid', <CopyText key="uid" text={certificate.meta?.uid ?? ''} />],
            ]}
          />
        </Section>
        <Held certificate={certificate} />
      </div>
    </>
  );
}

function UsedBy({ name }: { name: string }) {
  const sites = useResources(Kind.SITE).filter(
    ({ spec }) => spec.case === 'site' && spec.value.tls?.certificate?.name === name,
  );
  if (sites.length === 0)
    return <span className="text-ink-3">no site; it is placed where a site refers to it</span>;
  return (
    <span className="flex flex-wrap gap-x-2">
      {sites.map((site) => (
        <Link key={site.meta?.uid} to="/sites/$name" params={{ name: nameOf(site) }} className="link">
          {nameOf(site)}
        </Link>
      ))}
    </span>
  );
}

/** What the servers hold now: those with the same certificate together, the one that ends first on top. */
function Held({ certificate }: { certificate: Resource }) {
  const held = (certificate.status?.placementStatuses ?? []).flatMap(({ serverName, detail }) =>
    detail.case === 'certificate' ? [{ serverName, status: detail.value }] : [],
  );
  if (held.length === 0) return null;
  const groups = [...Map.groupBy(held, ({ status }) => status.fingerprint).values()].sort(
    ([a], [b]) => endOf(a?.status) - endOf(b?.status),
  );
  return (
    <Section title="On the servers" text={countText(groups.length, 'certificate')} flush>
      <ul className="divide-line max-h-[32rem] divide-y overflow-y-auto">
        {groups.map(
          ([first, ...others]) =>
            first && (
              <li key={first.status.fingerprint || first.serverName} className="p-4">
                <p className="mb-2 text-sm font-medium break-words">
                  {[first, ...others].map(({ serverName }) => serverName).join(', ')}
                </p>
                <HeldFacts status={first.status} />
              </li>
            ),
        )}
      </ul>
    </Section>
  );
}

const endOf = (status: CertificateStatus | undefined): number =>
  Number(status?.notAfter?.seconds ?? Number.MAX_SAFE_INTEGER);

function HeldFacts({ status }: { status: CertificateStatus }) {
  return (
    <Facts
      pairs={[
        ['Expires', <Time key="end" at={status.notAfter} empty="not issued" />],
        ['Valid since', <Time key="start" at={status.notBefore} empty="not issued" />],
        ['Next renewal', <Time key="next" at={status.nextRenewalAt} empty="none: uploaded" />],
        ['Issuer', status.issuer],
        ['Fingerprint', status.fingerprint ? <CopyText key="print" text={status.fingerprint} /> : ''],
      ]}
    />
  );
}
