import { DriftPolicy } from '@ostler/contracts';
import { BoundCheck, BoundSelect } from '../../../components/form/bound';
import { FormSection } from '../../../components/form/form-section';
import { advancedSummary } from './summaries';
import type { SitePartProps } from './site-fields';

const policies = [
  { value: DriftPolicy.UNSPECIFIED, label: 'Report it (the default)' },
  { value: DriftPolicy.REPORT, label: 'Report it' },
  { value: DriftPolicy.ENFORCE, label: 'Put it back, and say so' },
];

/** Absent means on: only "off" is written to the spec. */
const unlessOff = (on: boolean): false | undefined => (on ? undefined : false);

export function AdvancedSection({ spec, patch }: SitePartProps) {
  return (
    <FormSection
      title="More"
      purpose="Compression, protocols, and what happens when a managed file is changed by hand."
      summary={advancedSummary(spec)}
      paths={['gzip', 'http2', 'ipv6', 'redirectToPrimary', 'driftPolicy']}
    >
      <BoundCheck
        label="Compress text responses"
        path="gzip"
        checked={spec.gzip !== false}
        onChange={(on) => patch({ gzip: unlessOff(on) })}
      />
      <BoundCheck
        label="HTTP/2 with HTTPS"
        path="http2"
        checked={spec.http2 !== false}
        onChange={(on) => patch({ http2: unlessOff(on) })}
      />
      <BoundCheck
        label="Listen on IPv6 where the server has it"
        path="ipv6"
        checked={spec.ipv6 !== false}
        onChange={(on) => patch({ ipv6: unlessOff(on) })}
      />
      <BoundCheck
        label="Redirect every other domain to the first one"
        path="redirectToPrimary"
        checked={spec.redirectToPrimary}
        onChange={(redirectToPrimary) => patch({ redirectToPrimary })}
      />
      <BoundSelect
        label="When a managed file is changed by hand"
        path="driftPolicy"
        value={spec.driftPolicy}
        options={policies}
        onChange={(driftPolicy) => patch({ driftPolicy })}
      />
    </FormSection>
  );
}
