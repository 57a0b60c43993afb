import { create } from '@bufbuild/protobuf';
import { Kind, type Resource, ResourceSchema } from '@ostler/contracts';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useResource } from '../../api/live';
import { ListBody } from '../../components/list-body';
import { Empty } from '../../components/panels';
import { ResourceForm } from '../../components/form/resource-form';
import { useResourceDraft } from '../../components/form/use-resource-draft';
import { nameOf } from '../../lib/kinds';
import { useLastKnown } from '../../lib/use-last-known';
import { CertificateFields } from './certificate-fields';

export function NewCertificatePage() {
  const [empty] = useState(() =>
    create(ResourceSchema, {
      meta: { kind: Kind.CERTIFICATE },
      spec: { case: 'certificate', value: { domains: [''], source: { case: 'acme', value: {} } } },
    }),
  );
  return (
    <ListBody>
      <CertificateForm original={empty} isNew />
    </ListBody>
  );
}

export function EditCertificatePage() {
  const { name } = useParams({ from: '/certificates/$name/edit' });
  const certificate = useLastKnown(name, useResource(Kind.CERTIFICATE, name));
  return (
    <ListBody>
      {certificate ? (
        <CertificateForm key={name} original={certificate} isNew={false} />
      ) : (
        <Empty title={`There is no certificate "${name}"`} text="It was deleted, or the address is wrong." />
      )}
    </ListBody>
  );
}

function CertificateForm({ original, isNew }: { original: Resource; isNew: boolean }) {
  const navigate = useNavigate();
  const [saved, setSaved] = useState<string>();
  const form = useResourceDraft(original, isNew, ({ results }) => setSaved(results[0]?.resource?.meta?.name));
  useEffect(() => {
    if (saved) void navigate({ to: '/certificates/$name', params: { name: saved } });
  }, [saved, navigate]);
  const cancel = (): void =>
    void (isNew
      ? navigate({ to: '/certificates' })
      : navigate({ to: '/certificates/$name', params: { name: nameOf(original) } }));
  return (
    <ResourceForm
      title={isNew ? 'Create a certificate' : `Edit ${nameOf(original)}`}
      form={form}
      original={isNew ? undefined : original}
      onCancel={cancel}
      isSaved={saved !== undefined}
    >
      <CertificateFields draft={form.draft} onChange={form.change} isNew={isNew} />
    </ResourceForm>
  );
}
