import { create } from '@bufbuild/protobuf';
import {
  type Hsts,
  HstsSchema,
  Kind,
  RefSchema,
  type Tls,
  Tls_MinVersion as MinVersion,
  TlsSchema,
} from '@ostler/contracts';
import { useResources } from '../../../api/live';
import { CheckField, SelectField } from '../../../components/field';
import { BoundCheck, BoundNumber, BoundSelect } from '../../../components/form/bound';
import { useFieldError } from '../../../components/form/errors';
import { FieldRow, FormSection } from '../../../components/form/form-section';
import { nameOf } from '../../../lib/kinds';
import { httpsSummary } from './summaries';
import type { SitePartProps } from './site-fields';

const YEAR_SECONDS = 31_536_000;

const versions = [
  { value: MinVersion.UNSPECIFIED, label: 'TLS 1.2 (the default)' },
  { value: MinVersion.TLS_1_2, label: 'TLS 1.2' },
  { value: MinVersion.TLS_1_3, label: 'TLS 1.3' },
];

export function HttpsSection({ spec, patch }: SitePartProps) {
  const { tls } = spec;
  const error = useFieldError('tls.certificate.name') ?? useFieldError('tls.certificate');
  const names = useResources(Kind.CERTIFICATE).map(nameOf);
  const present = tls?.certificate?.name ?? '';
  const options = [
    { value: '', label: 'None: plain HTTP' },
    ...[...new Set([...names, present])].filter(Boolean).map((value) => ({ value, label: value })),
  ];
  const choose = (name: string): void => {
    if (name === '') return patch({ tls: undefined });
    const certificate = create(RefSchema, { kind: Kind.CERTIFICATE, name });
    return patch({
      tls: tls ? { ...tls, certificate } : create(TlsSchema, { certificate, forceHttps: true }),
    });
  };
  return (
    <FormSection
      title="HTTPS"
      purpose="The certificate, and what browsers are told. Plain HTTP is served until the certificate is there."
      summary={httpsSummary(spec) || 'plain HTTP'}
      paths={['tls']}
    >
      <FieldRow>
        <SelectField label="Certificate" value={present} options={options} onChange={choose} error={error} />
        {tls && (
          <BoundSelect
            label="Oldest version"
            path="tls.minVersion"
            value={tls.minVersion}
            options={versions}
            onChange={(minVersion) => patch({ tls: { ...tls, minVersion } })}
          />
        )}
      </FieldRow>
      {tls && <TlsFields tls={tls} onChange={(next) => patch({ tls: next })} />}
    </FormSection>
  );
}

function TlsFields({ tls, onChange }: { tls: Tls; onChange: (tls: Tls) => void }) {
  const { hsts } = tls;
  const patchHsts = (change: Partial<Hsts>): void => {
    if (hsts) onChange({ ...tls, hsts: { ...hsts, ...change } });
  };
  return (
    <>
      <BoundCheck
        label="Redirect plain HTTP to HTTPS"
        help="Once the certificate is there."
        path="tls.forceHttps"
        checked={tls.forceHttps}
        onChange={(forceHttps) => onChange({ ...tls, forceHttps })}
      />
      <CheckField
        label="Tell browsers to use HTTPS alone (HSTS)"
        help="Browsers keep this for the time below; it cannot be taken back from them."
        checked={hsts !== undefined}
        onChange={(on) =>
          onChange({ ...tls, hsts: on ? create(HstsSchema, { maxAgeSeconds: YEAR_SECONDS }) : undefined })
        }
      />
      {hsts && (
        <FieldRow columns={3}>
          <BoundNumber
            label="Kept for"
            unit="seconds"
            max={63_072_000}
            path="tls.hsts.maxAgeSeconds"
            value={hsts.maxAgeSeconds}
            onChange={(maxAgeSeconds) => patchHsts({ maxAgeSeconds })}
          />
          <BoundCheck
            label="Subdomains too"
            path="tls.hsts.includeSubdomains"
            checked={hsts.includeSubdomains}
            onChange={(includeSubdomains) => patchHsts({ includeSubdomains })}
          />
          <BoundCheck
            label="Preload"
            path="tls.hsts.preload"
            checked={hsts.preload}
            onChange={(preload) => patchHsts({ preload })}
          />
        </FieldRow>
      )}
    </>
  );
}
