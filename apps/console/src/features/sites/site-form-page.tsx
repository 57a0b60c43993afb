import { create } from '@bufbuild/protobuf';
import { Kind, type Resource, ResourceSchema } from '@ostler/contracts';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useResource, useServers } from '../../api/live';
import { ListBody } from '../../components/list-body';
import { Empty } from '../../components/panels';
import { ResourceForm } from '../../components/form/resource-form';
import { useResourceDraft } from '../../components/form/use-resource-draft';
import { nameOf } from '../../lib/kinds';
import { useLastKnown } from '../../lib/use-last-known';
import { SiteFields } from './form/site-fields';

export function NewSitePage() {
  const servers = useServers();
  return (
    <ListBody>
      <SiteForm original={emptySite(servers.length === 1 ? servers[0]?.name : undefined)} isNew />
    </ListBody>
  );
}

export function EditSitePage() {
  const { name } = useParams({ from: '/sites/$name/edit' });
  const site = useLastKnown(name, useResource(Kind.SITE, name));
  return (
    <ListBody>
      {site ? (
        <SiteForm key={name} original={site} isNew={false} />
      ) : (
        <Empty title={`There is no site "${name}"`} text="It was deleted, or the address is wrong." />
      )}
    </ListBody>
  );
}

function emptySite(server = ''): Resource {
  return create(ResourceSchema, {
    meta: { kind: Kind.SITE },
    spec: {
      case: 'site',
      value: {
        placement: { server },
        domains: [''],
        handler: { answer: { case: 'staticFiles', value: {} } },
      },
    },
  });
}

function SiteForm({ original, isNew }: { original: Resource; isNew: boolean }) {
  const navigate = useNavigate();
  const [saved, setSaved] = useState<string>();
  const form = useResourceDraft(original, isNew, ({ results }) => setSaved(results[0]?.resource?.meta?.name));
  useEffect(() => {
    if (saved) void navigate({ to: '/sites/$name', params: { name: saved } });
  }, [saved, navigate]);
  const cancel = (): void =>
    void (isNew
      ? navigate({ to: '/sites' })
      : navigate({ to: '/sites/$name', params: { name: nameOf(original) } }));
  return (
    <ResourceForm
      title={isNew ? 'Create a site' : `Edit ${nameOf(original)}`}
      form={form}
      original={isNew ? undefined : original}
      onCancel={cancel}
      isSaved={saved !== undefined}
    >
      <SiteFields draft={form.draft} onChange={form.change} isNew={isNew} />
    </ResourceForm>
  );
}
