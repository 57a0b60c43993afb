import { create } from '@bufbuild/protobuf';
import {
  type AcmeSource,
  AcmeSourceSchema,
  type CertificateSpec,
  type Resource,
  SelfSignedSourceSchema,
  UploadSourceSchema,
} from '@ostler/contracts';
import { SelectField } from '../../components/field';
import { BoundCheck, BoundNumber, BoundText } from '../../components/form/bound';
import { FieldRow, FormSection } from '../../components/form/form-section';
import { TextListEditor } from '../../components/form/list-editor';
import { MetaFields } from '../../components/form/meta-fields';
import { UploadFields } from './upload-fields';
import type { CertificateSource } from '../../lib/certificates';

const sources: readonly { value: CertificateSource; label: string }[] = [
  { value: 'acme', label: 'From an authority, by ACME (Let’s Encrypt)' },
  { value: 'selfSigned', label: 'From Ostler’s own authority, for development' },
  { value: 'upload', label: 'Made elsewhere, uploaded' },
];

const makers: Readonly<Record<CertificateSource, () => CertificateSpec['source']>> = {
  acme: () => ({ case: 'acme', value: create(AcmeSourceSchema) }),
  selfSigned: () => ({ case: 'selfSigned', value: create(SelfSignedSourceSchema) }),
  upload: () => ({ case: 'upload', value: create(UploadSourceSchema, { privateKeyPem: {} }) }),
};

export function CertificateFields({
  draft,
  onChange,
  isNew,
}: {
  draft: Resource;
  onChange: (draft: Resource) => void;
  isNew: boolean;
}) {
  if (draft.spec.case !== 'certificate') return null;
  const spec = draft.spec.value;
  const patch = (change: Partial<CertificateSpec>): void =>
    onChange({ ...draft, spec: { case: 'certificate', value: { ...spec, ...change } } });
  const choose = (kind: CertificateSource): void =>
    patch({
      source: makers[kind](),
      domains: kind === 'upload' ? [] : spec.domains.length > 0 ? spec.domains : [''],
    });
  return (
    <>
      <FormSection
        title="Certificate"
        purpose="It is placed on every server whose sites refer to it."
        paths={['meta', 'source']}
      >
        <MetaFields draft={draft} onChange={onChange} isNew={isNew} />
        <SelectField label="Source" value={spec.source.case ?? 'acme'} options={sources} onChange={choose} />
      </FormSection>
      {spec.source.case !== 'upload' && (
        <FormSection
          title="Domains"
          purpose="The names that it is valid for. Wildcards only for self-signed and uploaded ones."
          paths={['domains']}
        >
          <TextListEditor
            items={spec.domains}
            onChange={(domains) => patch({ domains })}
            path="domains"
            one="domain"
            placeholder="www.example.com"
          />
        </FormSection>
      )}
      <SourceFields spec={spec} patch={patch} />
    </>
  );
}

function SourceFields({
  spec,
  patch,
}: {
  spec: CertificateSpec;
  patch: (change: Partial<CertificateSpec>) => void;
}) {
  const { source } = spec;
  if (source.case === 'acme') {
    return (
      <AcmeFields
        value={source.value}
        onChange={(value) => patch({ source: { case: 'acme', value } })}
        spec={spec}
        patch={patch}
      />
    );
  }
  if (source.case === 'upload') {
    return (
      <UploadFields value={source.value} onChange={(value) => patch({ source: { case: 'upload', value } })} />
    );
  }
  if (source.case !== 'selfSigned') return null;
  return (
    <FormSection
      title="Self-signed"
      purpose="Browsers do not trust it."
      paths={['selfSigned', 'renewBeforeHours']}
    >
      <FieldRow>
        <BoundNumber
          label="Lifetime"
          unit="days"
          placeholder="90"
          max={825}
          path="selfSigned.lifetimeDays"
          value={source.value.lifetimeDays}
          onChange={(lifetimeDays) =>
            patch({ source: { case: 'selfSigned', value: { ...source.value, lifetimeDays } } })
          }
        />
        <RenewField spec={spec} patch={patch} />
      </FieldRow>
    </FormSection>
  );
}

function RenewField({
  spec,
  patch,
}: {
  spec: CertificateSpec;
  patch: (change: Partial<CertificateSpec>) => void;
}) {
  return (
    <BoundNumber
      label="Renewal begins before the end by"
      unit="hours"
      placeholder="a third"
      max={2160}
      path="renewBeforeHours"
      value={spec.renewBeforeHours}
      onChange={(renewBeforeHours) => patch({ renewBeforeHours })}
    />
  );
}

function AcmeFields({
  value,
  onChange,
  spec,
  patch,
}: {
  value: AcmeSource;
  onChange: (value: AcmeSource) => void;
  spec: CertificateSpec;
  patch: (change: Partial<CertificateSpec>) => void;
}) {
  return (
    <FormSection
      title="Authority"
      purpose="The key is made on the server and stays there. Port 80 of each name must reach its servers."
      paths={['acme', 'renewBeforeHours']}
    >
      <FieldRow>
        <BoundText
          label="Directory"
          optional
          mono
          path="acme.directoryUrl"
          placeholder="Let’s Encrypt"
          value={value.directoryUrl}
          onChange={(directoryUrl) => onChange({ ...value, directoryUrl })}
        />
        <BoundText
          label="Contact e-mail"
          optional
          type="email"
          path="acme.email"
          value={value.email}
          onChange={(email) => onChange({ ...value, email })}
        />
      </FieldRow>
      <BoundCheck
        label="I agree to the authority's terms of service"
        path="acme.termsAgreed"
        checked={value.termsAgreed}
        onChange={(termsAgreed) => onChange({ ...value, termsAgreed })}
      />
      <RenewField spec={spec} patch={patch} />
      <BoundText
        label="Root of a private authority, PEM"
        optional
        mono
        rows={3}
        path="acme.directoryCaPem"
        value={value.directoryCaPem}
        onChange={(directoryCaPem) => onChange({ ...value, directoryCaPem })}
      />
    </FormSection>
  );
}
