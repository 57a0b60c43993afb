import { create, fromBinary } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { ManifestBodySchema, PlacementSchema, type ManifestBody } from '@ostler/contracts';
import type { Violation } from '@ostler/kernel';
import type { BodyRules } from './body-rules.port';

/** The rules in this thread. They take 9 MB, so the agent has them in one of their own: see RulesThread. */
export function createBodyRules(): BodyRules {
  const validator = createValidator();
  return {
    async violations(bytes) {
      const body = withPlacement(fromBinary(ManifestBodySchema, bytes));
      const result = validator.validate(ManifestBodySchema, body);
      if (result.kind === 'error') throw result.error;
      return (result.violations ?? []).map(toViolation);
    },
    stop: () => Promise.resolve(),
  };
}

/**
 * A compiled body carries no placement (where it goes is decided and is no business of the server), while
 * the spec that people write must: the rules see one that is right.
 */
function withPlacement(body: ManifestBody): ManifestBody {
  const { spec } = body;
  if (spec.case !== 'site' || spec.value.placement) return body;
  const value = { ...spec.value, placement: create(PlacementSchema, { server: 'here' }) };
  return { ...body, spec: { case: 'site', value } };
}

interface RuleViolation {
  readonly field: readonly { readonly kind: string }[];
  readonly ruleId: string;
  readonly message: string;
}

function toViolation({ field, ruleId, message }: RuleViolation): Violation {
  return {
    field: field.map((part) => ('name' in part ? String(part.name) : '[]')).join('.'),
    reason: ruleId.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_'),
    message,
  };
}
