import { Kind, Permission, type Resource } from '@ostler/contracts';
import { useParams, useSearch } from '@tanstack/react-router';
import { MoreHorizontal, Pencil, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useResource } from '../../api/live';
import { useRefusal } from '../../api/session';
import { ButtonLink, IconButton } from '../../components/button';
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
import { CertificateOverview } from './certificate-overview';

export function CertificatePage() {
  const { name } = useParams({ from: '/certificates/$name' });
  const certificate = useResource(Kind.CERTIFICATE, name);
  return (
    <ListBody>
      {certificate ? (
        <CertificateDetail certificate={certificate} />
      ) : (
        <Gone kind={Kind.CERTIFICATE} name={name} />
      )}
    </ListBody>
  );
}

function CertificateDetail({ certificate }: { certificate: Resource }) {
  const { tab = 'overview' } = useSearch({ from: '/certificates/$name' });
  const [deleting, setDeleting] = useState(false);
  const refusal = useRefusal(Permission.RESOURCES_WRITE);
  const removing = certificate.meta?.deletedAt ? 'It is being removed.' : refusal;
  const health = resourceHealth(certificate);
  const tabs = [
    { key: 'overview', label: 'Overview' },
    { key: 'configuration', label: 'Configuration' },
    { key: 'revisions', label: 'Revisions', count: Number(certificate.meta?.generation ?? 0n) },
    { key: 'activity', label: 'Activity' },
  ];
  return (
    <Page
      title={nameOf(certificate)}
      icon={<ShieldCheck className="size-5" />}
      badge={<HealthBadge health={health} />}
      sub={
        <>
          {certificate.meta?.displayName && (
            <>
              <bdi className="text-ink">{plainText(certificate.meta.displayName)}</bdi>.{' '}
            </>
          )}
          {plainText(health.message)}
        </>
      }
      actions={
        <>
          <ButtonLink
            to="/certificates/$name/edit"
            params={{ name: nameOf(certificate) }}
            look="primary"
            refusal={removing}
          >
            <Pencil className="size-3.5" /> Edit
          </ButtonLink>
          <Menu
            trigger={
              <IconButton label="More">
                <MoreHorizontal className="size-4" />
              </IconButton>
            }
            items={[
              {
                label: 'Delete certificate',
                danger: true,
                refusal: removing,
                onSelect: () => setDeleting(true),
              },
            ]}
          />
        </>
      }
    >
      <TabLinks label="Parts of this certificate" tabs={tabs} active={tab} />
      {tab === 'overview' && <CertificateOverview certificate={certificate} />}
      {tab === 'configuration' && <SpecView resource={certificate} />}
      {tab === 'revisions' && <Revisions resource={certificate} />}
      {tab === 'activity' && <ResourceActivity resource={certificate} />}
      {deleting && (
        <DeleteDialog resource={certificate} backTo="/certificates" onClose={() => setDeleting(false)} />
      )}
    </Page>
  );
}
