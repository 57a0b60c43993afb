import { create } from '@bufbuild/protobuf';
import { type Timeouts, TimeoutsSchema } from '@ostler/contracts';
import { BoundBytes, BoundNumber } from '../../../components/form/bound';
import { FieldRow, FormSection } from '../../../components/form/form-section';
import { RateLimitFields } from './rate-limit-fields';
import { limitsSummary } from './summaries';
import type { SitePartProps } from './site-fields';

const times: readonly { key: Exclude<keyof Timeouts, '$typeName' | '$unknown'>; label: string }[] = [
  { key: 'clientBodySeconds', label: 'Client sends its body' },
  { key: 'connectSeconds', label: 'Connecting to the upstream' },
  { key: 'readSeconds', label: 'Reading from the upstream' },
  { key: 'sendSeconds', label: 'Sending to the upstream' },
];

export function LimitsSection({ spec, patch }: SitePartProps) {
  const timeouts = spec.timeouts ?? create(TimeoutsSchema);
  const setTime = (key: (typeof times)[number]['key'], seconds: number): void => {
    const next = { ...timeouts, [key]: seconds };
    patch({ timeouts: times.every((time) => next[time.key] === 0) ? undefined : next });
  };
  return (
    <FormSection
      title="Limits and timeouts"
      purpose="Body size, request rate, and how long nginx waits."
      summary={limitsSummary(spec)}
      paths={['maxBodyBytes', 'timeouts', 'rateLimit']}
    >
      <BoundBytes
        label="Largest request body"
        optional
        path="maxBodyBytes"
        placeholder="1 MiB"
        help="At most 100 GiB."
        value={spec.maxBodyBytes}
        onChange={(maxBodyBytes) => patch({ maxBodyBytes })}
      />
      <FieldRow columns={4}>
        {times.map(({ key, label }) => (
          <BoundNumber
            key={key}
            label={label}
            unit="seconds"
            placeholder="60"
            path={`timeouts.${key}`}
            value={timeouts[key]}
            onChange={(seconds) => setTime(key, seconds)}
          />
        ))}
      </FieldRow>
      <RateLimitFields
        value={spec.rateLimit}
        onChange={(rateLimit) => patch({ rateLimit })}
        path="rateLimit"
      />
    </FormSection>
  );
}
