import { create } from '@bufbuild/protobuf';
import { type RateLimit, RateLimitSchema } from '@ostler/contracts';
import { CheckField } from '../../../components/field';
import { BoundNumber } from '../../../components/form/bound';
import { FieldRow } from '../../../components/form/form-section';

export function RateLimitFields({
  value,
  onChange,
  path,
}: {
  value: RateLimit | undefined;
  onChange: (value: RateLimit | undefined) => void;
  path: string;
}) {
  return (
    <>
      <CheckField
        label="Limit requests of each client address"
        checked={value !== undefined}
        onChange={(on) =>
          onChange(on ? create(RateLimitSchema, { requestsPerSecond: 10, burst: 20 }) : undefined)
        }
      />
      {value && (
        <FieldRow>
          <BoundNumber
            label="Requests"
            unit="per second"
            path={`${path}.requestsPerSecond`}
            value={value.requestsPerSecond}
            onChange={(requestsPerSecond) => onChange({ ...value, requestsPerSecond })}
          />
          <BoundNumber
            label="Above it, answered at once"
            unit="requests"
            placeholder="0"
            path={`${path}.burst`}
            value={value.burst}
            onChange={(burst) => onChange({ ...value, burst })}
          />
        </FieldRow>
      )}
    </>
  );
}
