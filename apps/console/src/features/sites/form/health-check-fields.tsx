import type { HealthCheck } from '@ostler/contracts';
import { BoundNumber, BoundText } from '../../../components/form/bound';
import { FieldRow } from '../../../components/form/form-section';

export function HealthCheckFields({
  value,
  onChange,
  path,
}: {
  value: HealthCheck;
  onChange: (value: HealthCheck) => void;
  path: string;
}) {
  const patch = (change: Partial<HealthCheck>): void => onChange({ ...value, ...change });
  return (
    <FieldRow columns={3}>
      <BoundText
        label="Path"
        mono
        path={`${path}.path`}
        placeholder="/health"
        value={value.path}
        onChange={(next) => patch({ path: next })}
      />
      <BoundNumber
        label="Every"
        unit="seconds"
        placeholder="5"
        path={`${path}.intervalSeconds`}
        value={value.intervalSeconds}
        onChange={(intervalSeconds) => patch({ intervalSeconds })}
      />
      <BoundNumber
        label="Gives up after"
        unit="seconds"
        placeholder="2"
        path={`${path}.timeoutSeconds`}
        value={value.timeoutSeconds}
        onChange={(timeoutSeconds) => patch({ timeoutSeconds })}
      />
      <BoundNumber
        label="Unhealthy after"
        unit="failures"
        placeholder="3"
        path={`${path}.unhealthyThreshold`}
        value={value.unhealthyThreshold}
        onChange={(unhealthyThreshold) => patch({ unhealthyThreshold })}
      />
      <BoundNumber
        label="Healthy after"
        unit="answers"
        placeholder="2"
        path={`${path}.healthyThreshold`}
        value={value.healthyThreshold}
        onChange={(healthyThreshold) => patch({ healthyThreshold })}
      />
      <BoundNumber
        label="Expected status"
        placeholder="200 to 399"
        max={599}
        path={`${path}.expectedStatus`}
        value={value.expectedStatus}
        onChange={(expectedStatus) => patch({ expectedStatus })}
      />
    </FieldRow>
  );
}
